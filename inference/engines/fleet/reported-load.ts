/**
 * Sum of the named gauges in a Prometheus text: decisions that a server runs and queues by its own account. Null when it
 * shows none of them.
 */
export function reportedLoad(text: string, gauges: readonly string[]): number | null {
  let sum: number | null = null;
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})?\s+(\S+)/.exec(line) ?? [];
    if (name === undefined || !gauges.includes(name)) continue;
    const count = Number(value);
    if (Number.isFinite(count)) sum = (sum ?? 0) + count;
  }
  return sum;
}
