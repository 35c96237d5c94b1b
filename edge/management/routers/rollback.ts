import { ok, refuse, type Result } from "../../errors.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { publishDocument, warm } from "./publish-document.ts";
import { lockRouter } from "./routers.store.ts";
import type { Rollback, VersionSummary } from "./schema.ts";
import { versionOf } from "./versions.store.ts";
import { versionSummary } from "./view.ts";

/** Publishes a copy of an earlier version as the next one. The draft stays as it is, and so does the history. */
export async function rollbackRouter(
  context: TenantContext,
  slug: string,
  input: Rollback,
): Promise<Result<VersionSummary>> {
  const { tenantId } = context;
  const made: RouterDocument[] = [];
  const published = await write(context, async (tx) => {
    const router = await lockRouter(tx, tenantId, slug);
    if (router === null) return refuse("not_found");
    const earlier = await versionOf(tx, tenantId, router.id, input.to);
    if (earlier === null) {
      const detail = `there is no version ${input.to}`;
      return refuse("validation_failed", { errors: [{ pointer: "/to", detail }] });
    }
    const note = input.note ?? `Rollback to version ${input.to}`;
    const version = await publishDocument(tx, context, router, earlier.document, note);
    if (!version.ok) return version;
    made.push(version.value.document);
    const to = { published_version: version.value.version, copy_of: input.to };
    const changes = difference({ published_version: router.publishedVersion }, to);
    return ok({
      value: versionSummary(slug, version.value),
      audit: { tenantId, action: "router.rollback", targetKind: "router", targetId: router.id, changes },
    });
  });
  if (published.ok) await warm(context, made);
  return published;
}
