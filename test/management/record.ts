import pg from "pg";
import type { Env } from "../../edge/env.ts";
import { storeRecording } from "../../edge/recordings/recordings.store.ts";
import type { Recorded } from "../../edge/recordings/recorded.schema.ts";
import { seal } from "../../edge/tenancy/secrets.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { stack } from "../stack/provided.ts";
import type { TestTenant } from "../stack/tenant.ts";

type Said = Partial<Recorded> & Pick<Recorded, "messages">;

const NEEDS = { images: false, audio: false, files: false, tools: false, responseFormat: false, tokens: 10 };

/** The ring of the shared worker. */
function ring(): Env["CREDENTIAL_KEYS"] {
  return stack()
    .credentialKeys.split(",")
    .map((entry) => ({ id: entry.slice(0, entry.indexOf(":")), key: entry.slice(entry.indexOf(":") + 1) }));
}

/** Records a request of a receipt as the worker does; whether the router's published version asks for that. */
export async function record(tenant: TestTenant, slug: string, of: DecisionRecord, said: Said): Promise<boolean> {
  const [recorded] = await recordAll(tenant, slug, [of], said);
  return recorded ?? false;
}

/** Records the same of several requests. */
export async function recordAll(
  tenant: TestTenant,
  slug: string,
  receipts: readonly DecisionRecord[],
  said: Said,
): Promise<boolean[]> {
  const { id: routerId } = (await tenant.api(`/routers/${slug}`)).body as { id: string };
  const text = JSON.stringify({ truncated: false, answer: null, needs: NEEDS, ...said });
  const client = new pg.Client(stack().edgeUrl);
  await client.connect();
  const query = async <T>(statement: string, params: readonly unknown[]) =>
    (await client.query(statement, [...params])).rows as T[];
  const recorded: boolean[] = [];
  try {
    for (const { id, router_version, ...columns } of receipts) {
      const sealed = await seal(ring(), { tenantId: tenant.id, ownerId: id }, text);
      const row = { ...columns, decision_id: id, router_version: router_version ?? 1, sealed };
      recorded.push(await storeRecording({ query }, tenant.id, routerId, row));
    }
  } finally {
    await client.end();
  }
  return recorded;
}
