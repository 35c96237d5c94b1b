import { sha256Hex } from "../../routing/sha256.ts";
import { iso } from "../text.ts";
import type { GoldenCaseRow } from "./golden-cases.store.ts";
import type { GoldenCaseInput, GoldenCaseView } from "./schema.ts";

/** A golden case and the version of it that an edit must name. */
export interface VersionedCase {
  readonly view: GoldenCaseView;
  readonly etag: string;
}

export const caseView = (row: GoldenCaseRow): GoldenCaseView => ({
  id: row.id,
  ...caseInput(row),
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
});

/** What people wrote of a case, its members in one order whatever the database gives. */
export const caseInput = ({ name, messages, expected }: GoldenCaseInput): GoldenCaseInput => ({
  name,
  messages: messages.map(({ role, content }) => ({ role, content })),
  expected,
});

export async function versionedCase(row: GoldenCaseRow): Promise<VersionedCase> {
  return { view: caseView(row), etag: await caseEtag(row) };
}

export const caseEtag = (row: GoldenCaseRow): Promise<string> => sha256Hex(JSON.stringify([row.id, caseInput(row)]));

/** What the audit log is told: it keeps for good what it gets, and a conversation may have to go. */
export async function auditedCase({ name, messages, expected }: GoldenCaseInput): Promise<object> {
  const said = messages.map(({ role, content }) => [role, content]);
  return { name, expected, messages_sha256: await sha256Hex(JSON.stringify(said)) };
}
