/** From one instant up to another, that one not included; ISO 8601 in UTC, with milliseconds. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** Where usage is read from: hourly sums of whole hours but some, and rows for everything else. */
export interface Sources {
  readonly sums: Span & { readonly except: readonly string[] };
  readonly rows: readonly Span[];
}

const HOUR_MS = 3_600_000;

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Splits a time into what hourly sums can answer and what rows must. `stale` are the hours whose sums are not up to
 * date, in order; hours that follow each other are read as one.
 */
export function sourcesOf({ from, to }: Span, stale: readonly string[]): Sources {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const first = Math.ceil(start / HOUR_MS) * HOUR_MS;
  const last = Math.max(first, Math.floor(end / HOUR_MS) * HOUR_MS);
  const hours = stale.map((hour) => Date.parse(hour)).filter((hour) => hour >= first && hour < last);
  const parts = [
    [start, Math.min(first, end)] as const,
    ...hours.map((hour) => [hour, hour + HOUR_MS] as const),
    [last, end] as const,
  ];
  const joined: [number, number][] = [];
  for (const [begins, ends] of parts) {
    if (begins >= ends) continue;
    const before = joined.at(-1);
    if (before?.[1] === begins) before[1] = ends;
    else joined.push([begins, ends]);
  }
  return {
    sums: { from: iso(first), to: iso(last), except: hours.map(iso) },
    rows: joined.map(([begins, ends]) => ({ from: iso(begins), to: iso(ends) })),
  };
}
