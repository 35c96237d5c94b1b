import { policyDigest } from "../../inference/contract/index.ts";
import type { RouterDocument } from "./router-document.ts";

/** The policy digest a document's version is published under; its targets and settings are not part of it. */
export const policyDigestOf = (document: Pick<RouterDocument, "policies">): Promise<string> =>
  policyDigest(document.policies);
