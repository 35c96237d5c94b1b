/**
 * `npm run bench:soak [-- --minutes 60] [--load 0.7]`: the worker at a share of what it can take, with tenants coming and
 * going, for an hour. Prints errors, waiting and memory as it goes; exits 1 on any error, or when the worker holds more
 * in the last quarter than 1.15 times what it held in the second. Linux, two cores.
 */
import { parseArgs } from "node:util";
import pg from "pg";
import { chatBody, policySet } from "./gateway/conversations.ts";
import type { Sent } from "./gateway/load.ts";
import { residentMb } from "./gateway/processes.ts";
import { openSite, type Site } from "./gateway/site.ts";
import { makeTenants, type BenchTenant } from "./gateway/tenants.ts";
import { summary } from "./percentiles.ts";

const SLICE_SECONDS = 10;
/** Tenants that ask at any time; of these, as many as NEWCOMERS are replaced in every slice. */
const PRESENT = 200;
const NEWCOMERS = 20;
const SATURATION_REQUESTS = 1_500;
const GROWTH_LIMIT = 1.15;
const POLICIES = 11;

interface Slice {
  readonly minute: number;
  readonly workerMb: number;
  readonly errors: number;
}

let asked = 0;
const fresh = (): string => `Case ${(asked += 1)}.`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: "string" }, load: { type: "string" } } });
  const minutes = Number(values.minutes ?? 60);
  const share = Number(values.load ?? 0.7);
  if (!(minutes > 0) || !(share > 0)) throw new Error("--minutes and --load are numbers above 0");
  const site = await openSite();
  const admin = new pg.Client({ connectionString: site.adminUrl });
  await admin.connect();
  try {
    const slices = await soak(site, admin, minutes, share);
    const errors = slices.reduce((sum, slice) => sum + slice.errors, 0);
    const [early, late] = [quarter(slices, 1), quarter(slices, 3)];
    console.log(
      `${slices.length} slices, ${asked} requests, ${errors} errors; ` +
        `worker ${early.toFixed(0)} MB in the second quarter, ${late.toFixed(0)} MB in the last`,
    );
    process.exitCode = errors === 0 && late <= early * GROWTH_LIMIT ? 0 : 1;
  } finally {
    await admin.end();
    await site.stop();
  }
}

async function soak(site: Site, admin: pg.Client, minutes: number, share: number): Promise<Slice[]> {
  const given = { upstream: site.upstream, policies: policySet(POLICIES) };
  const present = await makeTenants(site.adminUrl, PRESENT, given);
  const url = `${site.instant.url}/v1/chat/completions`;
  const saturated = await rate(site, url, present);
  const perSecond = Math.max(1, Math.floor(saturated * share));
  console.log(`${saturated.toFixed(0)} requests a second at saturation; ${perSecond} a second for ${minutes} minutes`);
  console.log("minute  errors  first byte p50   p99 ms  worker MB  receipts written");
  const slices: Slice[] = [];
  const began = performance.now();
  while (performance.now() - began < minutes * 60_000) {
    const requests = drawn(present, perSecond * SLICE_SECONDS);
    const { firstByte, wrong } = await site.send({ url, requests, concurrency: 0, perSecond, source: null });
    const { p50, p99 } = summary(firstByte);
    const minute = (performance.now() - began) / 60_000;
    const slice = { minute, workerMb: residentMb(site.instant.pid), errors: wrong.length };
    slices.push(slice);
    const { rows } = await admin.query<{ count: string }>("select count(*) from signalbox.decisions");
    console.log(
      `${minute.toFixed(1).padStart(6)}${String(wrong.length).padStart(8)}${p50.toFixed(1).padStart(16)}${p99.toFixed(1).padStart(9)}` +
        `${slice.workerMb.toFixed(0).padStart(11)}${(rows[0]?.count ?? "").padStart(18)}`,
    );
    if (wrong[0] !== undefined) console.log(`        such as ${wrong[0]}`);
    const gone = present.splice(0, NEWCOMERS).map(({ id }) => id);
    await admin.query("update signalbox.tenants set status = 'suspended' where id = any ($1)", [gone]);
    present.push(...(await makeTenants(site.adminUrl, NEWCOMERS, given)));
  }
  return slices;
}

/** Requests a second that the worker answers when it is asked as fast as it can. */
async function rate(site: Site, url: string, tenants: readonly BenchTenant[]): Promise<number> {
  const requests = drawn(tenants, SATURATION_REQUESTS);
  const batch = { url, requests, concurrency: 32, source: null };
  let seconds = Number.NaN;
  // Once to warm it up.
  for (let time = 0; time < 2; time += 1) {
    await site.send(batch, async (go) => {
      const began = performance.now();
      await go();
      seconds = (performance.now() - began) / 1000;
    });
  }
  return SATURATION_REQUESTS / seconds;
}

/** Of ten requests six name a model, two of these stream, and four are routed. */
function drawn(tenants: readonly BenchTenant[], count: number): Sent[] {
  return Array.from({ length: count }, (_, index) => {
    const token = tenants[(index * 7) % tenants.length]?.token ?? "";
    const kind = index % 10;
    if (kind < 4) return { token, body: chatBody("bench", fresh()), source: "explicit" };
    if (kind < 6) return { token, body: chatBody("bench", fresh(), { stream: true }), source: "explicit" };
    return { token, body: chatBody("auto", fresh()), source: "engine" };
  });
}

function quarter(slices: readonly Slice[], index: number): number {
  const size = slices.length / 4;
  const part = slices.slice(
    Math.floor(index * size),
    Math.max(Math.ceil((index + 1) * size), Math.floor(index * size) + 1),
  );
  return summary(part.map(({ workerMb }) => workerMb)).p50;
}

await main();
