/** The results of `work` in the order of `values`, at most `limit` at once. */
export async function mapWithLimit<Value, Outcome>(
  values: readonly Value[],
  limit: number,
  work: (value: Value) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = values.entries();
  const worker = async (): Promise<void> => {
    for (const [index, value] of waiting) outcomes[index] = await work(value);
  };
  await Promise.all(Array.from({ length: Math.min(limit, values.length) }, worker));
  return outcomes;
}
