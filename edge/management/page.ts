/** A stretch of a list, newest first: at most `limit` rows that come after the row `after`. */
export interface Page {
  readonly limit: number;
  readonly after: string | null;
}

export interface Listed<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

/** Opaque to callers; it holds the id of the last row seen, so that inserts do not shift what follows. */
export const encodeCursor = (id: string): string =>
  btoa(id).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The id a cursor stands for; null for anything that is not a cursor of a list with such ids. */
export function decodeCursor(isPosition: (id: string) => boolean, cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]{2,64}$/.test(cursor)) return null;
  try {
    const id = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    return isPosition(id) && encodeCursor(id) === cursor ? id : null;
  } catch {
    return null;
  }
}

/** Makes an answer of `limit + 1` rows read for a page: the row too many only tells that there is more. */
export function listed<Row extends { readonly id: string }, View>(
  rows: readonly Row[],
  page: Page,
  view: (row: Row) => View,
): Listed<View> {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    data: shown.map(view),
    next_cursor: rows.length > page.limit && last !== undefined ? encodeCursor(last.id) : null,
  };
}

/** The page that a list's parsed query asks for. */
export const pageOf = (query: { readonly limit: number; readonly cursor?: string | undefined }): Page => ({
  limit: query.limit,
  after: query.cursor ?? null,
});
