/** One scored decision: how sure the engine was, and whether it was right. */
export interface Judged {
  readonly confidence: number;
  readonly right: boolean;
}

export interface JudgedTurn extends Judged {
  /** Nothing fits this turn. */
  readonly other: boolean;
  /** The engine itself called it unsure. */
  readonly unsure: boolean;
}

/** What a router with such a `min_confidence` leaves undecided, as shares 0..1; null where there is nothing to share. */
export interface Abstention {
  readonly threshold: number;
  /** Turns that are `unsure`. */
  readonly unsure: number | null;
  /** Turns labelled `other` that are. */
  readonly unsureOfOther: number | null;
  /** Right ones among the turns that are decided. */
  readonly precision: number | null;
}

export interface ReliabilityBin {
  /** Confidences in [from, from + 0.1). */
  readonly from: number;
  readonly count: number;
  readonly confidence: number;
  readonly accuracy: number;
}

const BINS = 10;

/** Mean confidence against share right, in ten bins of equal width; empty bins are left out. */
export function reliability(judged: readonly Judged[]): ReliabilityBin[] {
  const bins: Judged[][] = Array.from({ length: BINS }, () => []);
  for (const one of judged) bins[Math.min(BINS - 1, Math.floor(one.confidence * BINS))]?.push(one);
  return bins.flatMap((bin, index) => {
    if (bin.length === 0) return [];
    const confidence = bin.reduce((sum, one) => sum + one.confidence, 0) / bin.length;
    return [{ from: index / BINS, count: bin.length, confidence, accuracy: shareRight(bin) }];
  });
}

/** Expected calibration error, 0..1: distance of confidence from accuracy, weighted by the size of each bin. */
export function expectedCalibrationError(judged: readonly Judged[]): number {
  const total = judged.length || 1;
  return reliability(judged).reduce(
    (sum, bin) => sum + (bin.count / total) * Math.abs(bin.confidence - bin.accuracy),
    0,
  );
}

/** Largest share of decisions that can be taken, surest first, with at least `precision` of them right; 0..1. */
export function coverageAt(judged: readonly Judged[], precision: number): number {
  const ordered = judged.toSorted((a, b) => b.confidence - a.confidence);
  let right = 0;
  let covered = 0;
  ordered.forEach((one, index) => {
    if (one.right) right += 1;
    // Decisions of equal confidence are taken together or not at all.
    const tied = ordered[index + 1]?.confidence === one.confidence;
    if (!tied && right / (index + 1) >= precision) covered = index + 1;
  });
  return judged.length === 0 ? 0 : covered / judged.length;
}

/** Decisions under `threshold`, and those that the engine calls so, are `unsure`, as the edge has it. */
export function abstention(judged: readonly JudgedTurn[], threshold: number): Abstention {
  const share = (all: readonly JudgedTurn[], is: (one: JudgedTurn) => boolean): number | null =>
    all.length === 0 ? null : all.filter(is).length / all.length;
  const unsure = (one: JudgedTurn): boolean => one.unsure || one.confidence < threshold;
  return {
    threshold,
    unsure: share(judged, unsure),
    unsureOfOther: share(
      judged.filter(({ other }) => other),
      unsure,
    ),
    precision: share(
      judged.filter((one) => !unsure(one)),
      ({ right }) => right,
    ),
  };
}

/** Probability that a right decision is surer than a wrong one (ties count half); null when one kind is missing. */
export function areaUnderRoc(judged: readonly Judged[]): number | null {
  const ordered = judged.toSorted((a, b) => a.confidence - b.confidence);
  const rights = ordered.filter((one) => one.right).length;
  const wrongs = ordered.length - rights;
  if (rights === 0 || wrongs === 0) return null;
  let rankSum = 0;
  for (let start = 0; start < ordered.length;) {
    let end = start + 1;
    while (end < ordered.length && ordered[end]?.confidence === ordered[start]?.confidence) end += 1;
    const rank = (start + 1 + end) / 2;
    rankSum += rank * ordered.slice(start, end).filter((one) => one.right).length;
    start = end;
  }
  return (rankSum - (rights * (rights + 1)) / 2) / (rights * wrongs);
}

const shareRight = (judged: readonly Judged[]): number => judged.filter((one) => one.right).length / judged.length;
