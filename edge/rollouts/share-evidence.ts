/** What happened to the requests of one arm in a batch: how many there were, and how many of them went wrong. */
export interface Tally {
  readonly requests: number;
  readonly bad: number;
}

export interface TallyBatch {
  readonly control: Tally;
  readonly candidate: Tally;
}

/** What the candidate's share may be: a factor of the odds in the control arm (for rare events: of the rate), or a bound. */
export type ShareLimit = { readonly timesControl: number } | { readonly atMost: number };

/** The part of the mixture that is kept for a change after the first batch, and the batch by which half of that is spent. */
const LATER = 0.75;
const HALF_SPENT = 200;

/** Odds ratios beyond the limit that the mixture looks for, with their weights. */
const ALTERNATIVES = [
  { ratio: 1.5, weight: 0.1 },
  { ratio: 2, weight: 0.4 },
  { ratio: 3, weight: 0.4 },
  { ratio: 6, weight: 0.1 },
] as const;

/**
 * Natural logarithm of the evidence (an e-process) that the candidate's share of bad requests is above its limit, after
 * each batch. While it is not, the chance that the evidence ever reaches 1/α is at most α, however often it is looked at
 * (Ville's inequality). Each batch contributes a likelihood ratio: against the control, of Fisher's noncentral
 * hypergeometric law given the batch's totals, so that rates may drift from batch to batch; against a bound, of the
 * binomial law. Mixed over odds ratios as in Robbins, "Statistical methods related to the law of the iterated
 * logarithm" (1970), and over the batch that the candidate got worse in, as in Shin, Ramdas and Rinaldo, "E-detectors"
 * (2022), https://arxiv.org/abs/2203.03532, but with weights that sum to 1: a mixture of e-processes that begin at
 * different times is one itself, for any time, and what was good for long is hardly any credit for later. See Ramdas,
 * Grünwald, Vovk and Shafer, "Game-theoretic statistics and safe anytime-valid inference" (2023),
 * https://arxiv.org/abs/2210.01948.
 */
export function shareEvidence(limit: ShareLimit, batches: readonly TallyBatch[]): number[] {
  const logs = ALTERNATIVES.map(() => -Infinity);
  return batches.map((batch, place) => {
    const ratios = "atMost" in limit ? boundRatios(limit.atMost, batch) : controlRatios(limit.timesControl, batch);
    const begun = waiting(place) - waiting(place + 1);
    for (const [index, { weight }] of ALTERNATIVES.entries()) {
      const own = logSum([logs[index] ?? -Infinity, Math.log(weight * begun)]);
      logs[index] = own + (ratios[index] ?? 0);
    }
    return logSum([...logs, Math.log(waiting(place + 1))]);
  });
}

/** The part of the mixture that bets on nothing yet before a batch, counted from 0; in the end all of it has begun. */
const waiting = (place: number): number => (place === 0 ? 1 : LATER / (1 + (place - 1) / HALF_SPENT));

function boundRatios(bound: number, { candidate: { requests, bad } }: TallyBatch): number[] {
  return ALTERNATIVES.map(({ ratio }) => bad * Math.log(ratio) - requests * Math.log(1 - bound + bound * ratio));
}

function controlRatios(factor: number, { control, candidate }: TallyBatch): number[] {
  const law = hypergeometric(candidate.requests, control.requests, candidate.bad + control.bad);
  /** How much likelier the observed count is at these odds than at even ones, as a logarithm. */
  const likelihood = (odds: number): number =>
    -logSum(law.map(({ bad, log }) => log + (bad - candidate.bad) * Math.log(odds)));
  const atLimit = likelihood(factor);
  return ALTERNATIVES.map(({ ratio }) => likelihood(factor * ratio) - atLimit);
}

/** Logarithms of how likely which part of `bad` among all requests is the candidate's when the arms are alike. */
function hypergeometric(candidate: number, control: number, bad: number): { bad: number; log: number }[] {
  const least = Math.max(0, bad - control);
  const most = Math.min(candidate, bad);
  const logs = [0];
  for (let k = least; k < most; k += 1) {
    const step = ((candidate - k) * (bad - k)) / ((k + 1) * (control - bad + k + 1));
    logs.push((logs.at(-1) ?? 0) + Math.log(step));
  }
  const total = logSum(logs);
  return logs.map((log, index) => ({ bad: least + index, log: log - total }));
}

function logSum(logs: readonly number[]): number {
  const top = logs.reduce((most, log) => Math.max(most, log), -Infinity);
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0));
}
