import { readFile } from "node:fs/promises";
import { routerDocumentSchema, type RouterDocument } from "../../edge/routing/router-document.ts";

/** The router that `npm start` gives its demo tenant. */
export async function demoRouter(): Promise<RouterDocument> {
  const text = await readFile(new URL("../../infra/local/demo-router.json", import.meta.url), "utf8");
  return routerDocumentSchema.parse(JSON.parse(text));
}
