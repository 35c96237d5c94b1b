import { describe, expect, it } from "vitest";
import { lineStream } from "./line-stream.ts";

const ROWS = ["a", "b", "c", "d", "e", "f"].map((id) => ({ id }));

/** Streams the rows, two a page, and says which pages were read. */
function stream(view: (row: { id: string }) => unknown) {
  const reads: (string | null)[] = [];
  const read = (after: string | null) => {
    reads.push(after);
    const from = ROWS.findIndex(({ id }) => id === after) + 1;
    return Promise.resolve(ROWS.slice(from, from + 3));
  };
  const body = lineStream({ pageRows: 2, first: ROWS.slice(0, 3), after: null, read, view });
  return { reads, text: () => new Response(body).text(), body };
}

describe("rows as lines", () => {
  it("come one a line, a page at a time, when the reader wants them", async () => {
    const { reads, text, body } = stream(({ id }) => ({ id }));
    expect(reads).toEqual([]);
    expect(body.locked).toBe(false);
    expect(await text()).toBe(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(""));
    expect(reads).toEqual(["b", "d"]);
  });

  it("may be made one by one, and left out, whole pages and all of them too", async () => {
    const some = stream(({ id }) => Promise.resolve("abf".includes(id) ? id : undefined));
    expect(await some.text()).toBe('"a"\n"b"\n"f"\n');
    expect(await stream(() => undefined).text()).toBe("");
  });

  it("break off, rather than end, when one cannot be made", async () => {
    const { text } = stream(({ id }) => (id === "c" ? Promise.reject(new Error("no c")) : id));
    await expect(text()).rejects.toThrow("no c");
  });
});
