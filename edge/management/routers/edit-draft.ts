import { ok, refuse, type Result } from "../../errors.ts";
import { pointer } from "../../http/validation-hook.ts";
import { draftDocumentSchema, type DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import type { Difference } from "../difference.ts";
import { ifMatch } from "../if-match.ts";
import { write } from "../write.ts";
import { sameDocument } from "./canonical-document.ts";
import { lockDraft, replaceDraft } from "./drafts.store.ts";

/** The version of the draft that an edit was made from. `required` edits would undo another's without it. */
export interface Match {
  readonly header: string | undefined;
  readonly required: boolean;
}

export interface Edit<T> {
  readonly document: DraftDocument;
  readonly value: T;
  /** What was done, as `resource.verb`. */
  readonly action: string;
  readonly changes: Difference;
}

/** What an edit gives, and the version of the draft that it made. */
export interface Edited<T> {
  readonly value: T;
  readonly etag: string;
}

/** Changes a draft that nobody else can change meanwhile. The result must be a valid draft as a whole. */
export async function editDraft<T>(
  context: TenantContext,
  slug: string,
  match: Match,
  edit: (document: DraftDocument) => Result<Edit<T>>,
): Promise<Result<Edited<T>>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const read = await lockDraft(tx, tenantId, slug);
    if (read === null) return refuse("not_found");
    const made = edit(read.document);
    // What is not there is not there, whichever version the caller has seen.
    if (!made.ok && made.refusal.code === "not_found") return made;
    if (match.header === undefined && match.required) return refuse("precondition_required");
    if (match.header !== undefined && !ifMatch(match.header, read.etag)) return refuse("precondition_failed");
    if (!made.ok) return made;
    const { value, action, changes } = made.value;
    const checked = draftDocumentSchema.safeParse(made.value.document);
    if (!checked.success) {
      const errors = checked.error.issues.map(({ path, message }) => ({ pointer: pointer(path), detail: message }));
      return refuse("validation_failed", { errors });
    }
    // What already is as asked keeps its version: nobody has to read it again.
    if (sameDocument(checked.data, read.document)) return ok({ value: { value, etag: read.etag }, audit: null });
    const next = { etag: deps.newId("draft"), document: checked.data };
    if (!(await replaceDraft(tx, tenantId, read, next))) return refuse("precondition_failed");
    return ok({
      value: { value, etag: next.etag },
      audit: { tenantId, action, targetKind: "router", targetId: read.routerId, changes },
    });
  });
}
