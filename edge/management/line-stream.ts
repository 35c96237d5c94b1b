/** Where an export begins, and how it goes on. */
interface LineSource<Row extends { readonly id: string }> {
  /** Rows a page shows; one more than that says that another page follows. */
  readonly pageRows: number;
  readonly first: readonly Row[];
  /** What `first` comes after; null at the very beginning. */
  readonly after: string | null;
  readonly read: (after: string | null) => Promise<readonly Row[]>;
  /** Undefined for a row that is left out. */
  readonly view: (row: Row) => unknown;
}

/**
 * Rows as one JSON object a line. The next page is read when the reader has taken the one before, so a page is what an
 * export holds in memory, whatever its length; a failure breaks the stream off rather than end it as if it were
 * complete.
 */
export function lineStream<Row extends { readonly id: string }>(source: LineSource<Row>): ReadableStream<Uint8Array> {
  const { pageRows, read, view } = source;
  let rows: readonly Row[] | null = source.first;
  let position = source.after;
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        // A page may be left out as a whole, and a pull that gives nothing is not repeated.
        for (let given = false; !given;) {
          rows ??= await read(position);
          const shown = rows.slice(0, pageRows);
          const last = rows.length <= pageRows;
          position = shown.at(-1)?.id ?? position;
          rows = null;
          const lines = (await Promise.all(shown.map(view))).filter((line) => line !== undefined);
          given = lines.length > 0 || last;
          if (lines.length > 0) {
            controller.enqueue(encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
          }
          if (last) controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
}
