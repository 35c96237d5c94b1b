/**
 * `npm run bench:export [-- --rows 1000000] [--json]`: exports so many receipts of one tenant through the real worker
 * and database, and says what workerd's memory did meanwhile. A tenth of them is exported first: an export that held
 * its rows would then need ten times as much for all of them.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { makeId } from "../../edge/ids.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { childProcesses } from "../local/child-processes.ts";
import { mintSecrets } from "../local/secrets.ts";
import { startStack, type RunningStack } from "../local/stack.ts";
import { residentMegabytes } from "./resident-memory.ts";

const BATCH_ROWS = 5_000;
/** Milliseconds between two receipts: a million of them lie within three days. */
const APART_MS = 250;
const SAMPLE_EVERY_MS = 200;

interface Exported {
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly rows_per_second: number;
  readonly first_byte_ms: number;
  readonly resident_mb: { readonly before: number | null; readonly peak: number | null };
  /** Of the ids in the order in which they came. */
  readonly digest: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: "string" }, json: { type: "boolean", default: false } } });
  const rows = Math.max(100, Math.min(5_000_000, Number(values.rows ?? 1_000_000)));
  const folder = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  const secrets = mintSecrets();
  const signal = AbortSignal.timeout(60_000);
  const stack = await startStack({ dataDir: folder, logDir: folder, secrets, ports: {}, durable: false, signal });
  try {
    const { id, token } = await mintTenant(stack, secrets.operatorKey);
    const workerd = await processNamed("workerd");
    const newest = Date.now() - 60_000;
    const made = await appendReceipts(stack.database.edgeUrl, id, rows, newest);
    const tenth = Math.round(rows / 10);
    const since = new Date(newest - (tenth - 1) * APART_MS).toISOString();
    const figures = {
      a_tenth: await exported(stack, token, `&from=${since}`, workerd),
      all: await exported(stack, token, "", workerd),
    };
    if (figures.all.rows !== rows || figures.all.digest !== made) throw new Error("the export is not what was written");
    if (figures.a_tenth.rows !== tenth) throw new Error(`${String(tenth)} rows were asked for`);
    process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : lines(figures));
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function mintTenant({ baseUrl }: RunningStack, operatorKey: string): Promise<{ id: string; token: string }> {
  const headers = { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl}/api/v1/tenants`, { method: "POST", headers, body: '{"name":"Bench"}' });
  const { id, admin_key } = (await answer.json()) as { id: string; admin_key: { token: string } };
  return { id, token: admin_key.token };
}

/** Appends receipts the way the usage sink does; gives the digest of their ids, newest first. */
async function appendReceipts(edgeUrl: string, tenantId: string, rows: number, newest: number): Promise<string> {
  const client = new pg.Client(edgeUrl);
  const digest = createHash("sha256");
  await client.connect();
  try {
    for (let done = 0; done < rows; done += BATCH_ROWS) {
      const batch = Array.from({ length: Math.min(BATCH_ROWS, rows - done) }, (_, place) =>
        receipt(tenantId, newest - (done + place) * APART_MS),
      );
      for (const { id } of batch) digest.update(id);
      await client.query("select signalbox.append_decisions($1)", [JSON.stringify(batch)]);
    }
  } finally {
    await client.end();
  }
  return digest.digest("hex");
}

const receipt = (tenantId: string, atMs: number): DecisionRecord => ({
  id: makeId("decision", atMs, Math.random),
  tenant_id: tenantId,
  key_id: "key_bench",
  request_id: "req_bench",
  created_at: new Date(atMs).toISOString(),
  kind: "completion",
  router: "default",
  router_version: 1,
  policy_digest: "d".repeat(64),
  outcome: "matched",
  policy: "contract review",
  confidence: 0.9,
  alternatives: [
    { policy: "contract review", probability: 0.9 },
    { policy: null, probability: 0.1 },
  ],
  source: "engine",
  engine: "embedded@1",
  unsure_reason: null,
  conversation_key: "c".repeat(43),
  conversation_key_source: "messages",
  arm: null,
  routing_arm: null,
  agrees: null,
  requested_model: "auto",
  model: "small",
  provider: "echo",
  upstream_model: "small-1",
  attempts: 1,
  stream: true,
  request_status: "completed",
  http_status: 200,
  error_code: null,
  finish_reason: "stop",
  input_tokens: 1_000,
  cached_input_tokens: 0,
  output_tokens: 500,
  reasoning_tokens: null,
  estimated: false,
  cost_usd: 0.001,
  routing_input_tokens: null,
  routing_cached_input_tokens: null,
  routing_output_tokens: null,
  routing_cost_usd: null,
  deciding: null,
  trial_decisions: null,
  timings_ms: { total: 1_200 },
});

async function exported(
  { baseUrl }: RunningStack,
  token: string,
  filter: string,
  workerd: number | null,
): Promise<Exported> {
  const before = workerd === null ? null : await residentMegabytes(workerd);
  let peak = before;
  const sampling = setInterval(() => {
    if (workerd === null) return;
    void residentMegabytes(workerd).then((now) => (peak = Math.max(peak ?? 0, now ?? 0)));
  }, SAMPLE_EVERY_MS);
  const began = performance.now();
  const digest = createHash("sha256");
  let [rows, bytes, firstByteMs, rest] = [0, 0, Number.NaN, ""];
  try {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${baseUrl}/api/v1/decisions?format=jsonl${filter}`, { headers });
    if (!answer.ok || answer.body === null) throw new Error(`the export answered ${String(answer.status)}`);
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
      if (bytes === 0) firstByteMs = performance.now() - began;
      bytes += chunk.byteLength;
      const whole = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = whole.pop() ?? "";
      for (const line of whole) digest.update((JSON.parse(line) as { id: string }).id);
      rows += whole.length;
    }
  } finally {
    clearInterval(sampling);
  }
  const seconds = (performance.now() - began) / 1000;
  return {
    rows,
    bytes,
    seconds,
    rows_per_second: Math.round(rows / seconds),
    first_byte_ms: Math.round(firstByteMs),
    resident_mb: { before, peak },
    digest: digest.digest("hex"),
  };
}

/** The child process of this name; null where the system has no /proc. */
async function processNamed(name: string): Promise<number | null> {
  for (const pid of await childProcesses()) {
    const command = await readFile(`/proc/${String(pid)}/comm`, "utf8").catch(() => "");
    if (command.trim() === name) return pid;
  }
  return null;
}

function lines(figures: Readonly<Record<string, Exported>>): string {
  const line = ([name, { rows, bytes, seconds, rows_per_second, first_byte_ms, resident_mb }]: [string, Exported]) =>
    `${name.replaceAll("_", " ").padEnd(8)} ${String(rows)} rows, ${(bytes / 1e6).toFixed(0)} MB in ` +
    `${seconds.toFixed(1)} s (${String(rows_per_second)} a second, first byte after ${String(first_byte_ms)} ms); ` +
    `workerd held ${String(resident_mb.before)} MB before and ${String(resident_mb.peak)} MB at most\n`;
  return Object.entries(figures).map(line).join("");
}

await main();
