/** Below this share of the most likely count's chance, a count no longer matters to any sum. */
const NEGLIGIBLE = 1e-18;

/**
 * The least number that a count of `trials`, each succeeding with chance `share` (0..1, neither end), does not exceed
 * with chance `level`. Sums outwards from the most likely count, a few dozen standard deviations at most.
 */
export function binomialQuantile(trials: number, share: number, level: number): number {
  const odds = share / (1 - share);
  const mode = Math.min(trials, Math.floor((trials + 1) * share));
  const below: number[] = [];
  for (let count = mode, weight = 1; count > 0; count -= 1) {
    weight *= count / ((trials - count + 1) * odds);
    if (weight < NEGLIGIBLE) break;
    below.push(weight);
  }
  const above: number[] = [];
  for (let count = mode, weight = 1; count < trials; count += 1) {
    weight *= ((trials - count) * odds) / (count + 1);
    if (weight < NEGLIGIBLE) break;
    above.push(weight);
  }
  const weights = [...below.toReversed(), 1, ...above];
  const enough = level * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const place = weights.findIndex((weight) => (sum += weight) >= enough);
  return mode - below.length + (place === -1 ? weights.length - 1 : place);
}
