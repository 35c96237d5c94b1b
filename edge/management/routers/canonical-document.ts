import { draftDocumentSchema, type DraftDocument } from "../../routing/draft-document.ts";
import { sha256Hex } from "../../routing/sha256.ts";

/** A document in the order people write it, whatever order it was stored in: for files that are compared by line. */
export function inWrittenOrder(stored: DraftDocument): DraftDocument {
  const document = draftDocumentSchema.parse(stored);
  const { policies, targets } = document;
  const ordered = policies.flatMap(({ name }) => Object.entries(targets).filter(([of]) => of === name));
  return { ...document, targets: Object.fromEntries(ordered) };
}

/** Whether two documents say the same; the order of fields says nothing, that of policies does. */
export const sameDocument = (one: DraftDocument, other: DraftDocument): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

/** Equal for documents that say the same. */
export const documentDigest = (document: DraftDocument): Promise<string> => sha256Hex(JSON.stringify(sorted(document)));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
