import type { ServerUnderTest } from "./server-under-test.ts";

/** A number that the server shows at `/metrics`, over all its labels that count; NaN when it shows none. */
export async function metric(
  { url }: ServerUnderTest,
  name: string,
  counts: (labels: string) => boolean = () => true,
): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const shown = [...text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)`, "gm"))].filter(([, labels = ""]) =>
    counts(labels),
  );
  return shown.length === 0 ? NaN : shown.reduce((sum, [, , value]) => sum + Number(value), 0);
}
