/**
 * Whether an `If-Match` header names this version of a document: `*` or a strong entity tag among a list (RFC 9110,
 * 13.1.1). Weak tags never match.
 */
export function ifMatch(header: string, etag: string): boolean {
  const tags = header.split(",").map((tag) => tag.trim());
  return (tags.length === 1 && tags[0] === "*") || tags.includes(entityTag(etag));
}

/** A document's version as an entity tag. */
export const entityTag = (etag: string): string => `"${etag}"`;
