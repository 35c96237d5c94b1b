/**
 * `npm run bench:gateway [-- --rounds 5] [--batch 200] [--only kinds|tenants|policies|long|profile] [--json]`: what a request
 * costs on raw workerd, in CPU time of every process of ours and in waiting, beside the least that this runtime allows:
 * Hono passing requests on. One core for the worker, one for all else; kinds of traffic take turns. Linux, two cores.
 */
import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { chatBody, longBody, policySet, SLOWLY } from "./gateway/conversations.ts";
import { measure, type Figures, type Scenario } from "./gateway/measure.ts";
import { residentMb } from "./gateway/processes.ts";
import { profiled } from "./gateway/profile.ts";
import { openSite, type Site } from "./gateway/site.ts";
import { makeTenants, type BenchTenant } from "./gateway/tenants.ts";

const POLICIES = 11;
const COLD_STARTS = 5;
/** Functions that a profile lists. */
const PROFILED = 30;
/** A little more than the age up to which a snapshot serves without the database being asked. */
const IDLE_MS = 10_500;

interface Options {
  readonly rounds: number;
  readonly batch: number;
}

let asked = 0;
/** Words that no request had before. */
const fresh = (): string => `Case ${(asked += 1)}.`;

async function main(): Promise<void> {
  const options = {
    rounds: { type: "string" },
    batch: { type: "string" },
    only: { type: "string" },
    json: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ options });
  const size = { rounds: Number(values.rounds ?? 5), batch: Number(values.batch ?? 200) };
  const parts = { kinds, tenants, policies, long, profile };
  const chosen = Object.entries(parts).filter(([name]) => values.only === undefined || values.only === name);
  const site = await openSite();
  try {
    const figures: Record<string, unknown> = {};
    for (const [name, part] of chosen) figures[name] = await part(site, size);
    if (values.json === true) console.log(JSON.stringify(figures, null, 2));
  } finally {
    await site.stop();
  }
}

async function kinds(site: Site, size: Options) {
  const { upstream, adminUrl, floor, instant, embedded } = site;
  const idleMb = residentMb(instant.pid);
  const [tenant] = await makeTenants(adminUrl, 1, { upstream, policies: policySet(POLICIES) });
  const idlers = await makeTenants(adminUrl, size.batch, { upstream, policies: policySet(POLICIES) });
  if (tenant === undefined) throw new Error("there is no tenant");
  const many = (of: () => string) => (count: number) =>
    Array.from({ length: count }, () => ({ token: tenant.token, body: of() }));
  const plain = { path: "", concurrency: 8 };
  const stream = { stream: true, stream_options: { include_usage: true } };
  // Each takes a second, so there are about as many at a time as begin in one.
  const slow = {
    concurrency: 0,
    perSecond: 50,
    next: many(() => chatBody("bench", `${SLOWLY} ${fresh()}`, stream)),
  };
  const scenarios: Scenario[] = [
    {
      name: "floor: Hono passes it on",
      worker: floor,
      source: null,
      ...plain,
      next: many(() => chatBody("bench", fresh())),
    },
    {
      name: "explicit model",
      worker: instant,
      source: "explicit",
      ...plain,
      next: many(() => chatBody("bench", fresh())),
    },
    {
      name: "routed, remembered",
      worker: instant,
      source: "memo",
      ...plain,
      next: many(() => chatBody("auto", "Again.")),
    },
    {
      name: "routed, instant engine",
      worker: instant,
      source: "engine",
      ...plain,
      next: many(() => chatBody("auto", fresh())),
    },
    {
      name: "routed, embedded engine",
      worker: embedded,
      source: "engine",
      concurrency: 2,
      next: many(() => chatBody("auto", fresh())),
    },
    {
      name: "explicit, key idle over 10 s",
      worker: instant,
      source: "explicit",
      ...plain,
      next: (count) => idlers.slice(0, count).map(({ token }) => ({ token, body: chatBody("bench", fresh()) })),
      before: () => pause(IDLE_MS),
    },
    {
      name: "floor: 50 streams of 50 chunks",
      worker: floor,
      source: null,
      concurrency: 50,
      next: many(() => chatBody("bench", fresh(), stream)),
    },
    {
      name: "explicit: 50 streams of 50 chunks",
      worker: instant,
      source: "explicit",
      concurrency: 50,
      next: many(() => chatBody("bench", fresh(), stream)),
    },
    { name: "floor: 50 slow streams", worker: floor, source: null, ...slow },
    { name: "explicit: 50 slow streams", worker: instant, source: "explicit", ...slow },
  ];
  // The first request of a conversation that will be remembered decides it.
  await site.send({
    url: `${instant.url}/v1/chat/completions`,
    requests: many(() => chatBody("auto", "Again."))(1),
    concurrency: 1,
    source: "engine",
  });
  const busy = await measure(site, scenarios, size);
  const alone = await measure(
    site,
    scenarios.slice(0, 4).map((one) => ({ ...one, concurrency: 1 })),
    size,
  );
  const cold: number[] = [];
  for (let time = 0; time < COLD_STARTS; time += 1) cold.push(await site.coldStart());
  const memory = { idleMb, afterLoadMb: residentMb(instant.pid), floorMb: residentMb(floor.pid) };
  const coldStartMs = cold.toSorted((a, b) => a - b)[Math.floor(COLD_STARTS / 2)] ?? Number.NaN;
  print("Kinds of traffic, 8 at a time (the embedded engine 2, streams 50)", busy, 0);
  print("One at a time", alone, 0);
  console.log(
    `\nworker: ${idleMb.toFixed(0)} MB before any request, ${memory.afterLoadMb.toFixed(0)} MB after load ` +
      `(floor ${memory.floorMb.toFixed(0)} MB), first answer ${coldStartMs.toFixed(0)} ms after its start`,
  );
  return { busy, alone, memory, coldStartMs };
}

/** The same traffic of a few tenants while ever more are held, and traffic of all of them in turn. */
async function tenants(site: Site, size: Options) {
  const { upstream, adminUrl, instant } = site;
  const made: BenchTenant[] = [];
  const rows: Figures[] = [];
  for (const count of [1, 100, 1_000, 10_000]) {
    const missing = { upstream, policies: policySet(POLICIES) };
    made.push(...(await makeTenants(adminUrl, count - made.length, missing)));
    const requests = (of: readonly BenchTenant[]) =>
      of.map(({ token }) => ({ token, body: chatBody("bench", fresh()) }));
    const visit = async (): Promise<void> => {
      await site.send({
        url: `${instant.url}/v1/chat/completions`,
        requests: requests(made),
        concurrency: 8,
        source: "explicit",
      });
    };
    await visit();
    const active = made.slice(-Math.min(count, 20));
    let turn = 0;
    const scenario = (name: string, of: readonly BenchTenant[]): Scenario => ({
      name,
      worker: instant,
      source: "explicit",
      concurrency: 8,
      next: (wanted) =>
        requests(Array.from({ length: wanted }, () => of[(turn += 1) % of.length]).filter((one) => one !== undefined)),
    });
    rows.push(...(await measure(site, [scenario(`${count} tenants held, ${active.length} active`, active)], size)));
    rows.push(...(await measure(site, [scenario(`${count} tenants, all in turn`, made)], size)));
    console.log(`${count} tenants: worker ${residentMb(instant.pid).toFixed(0)} MB`);
  }
  print("Tenants", rows, 0);
  return { rows, residentMb: residentMb(instant.pid) };
}

async function policies(site: Site, size: Options) {
  const { upstream, adminUrl, embedded, instant } = site;
  const scenarios: Scenario[] = [];
  for (const count of [10, 100]) {
    const [tenant] = await makeTenants(adminUrl, 1, { upstream, policies: policySet(count) });
    const next = (wanted: number) =>
      Array.from({ length: wanted }, () => ({ token: tenant?.token ?? "", body: chatBody("auto", fresh()) }));
    scenarios.push({
      name: `${count} policies, instant engine`,
      worker: instant,
      source: "engine",
      concurrency: 8,
      next,
    });
    scenarios.push({
      name: `${count} policies, embedded engine`,
      worker: embedded,
      source: "engine",
      concurrency: 2,
      next,
    });
  }
  const rows = await measure(site, scenarios, size);
  print("Policies", rows, 0);
  return rows;
}

async function long(site: Site, size: Options) {
  const { upstream, adminUrl, floor, instant } = site;
  const [tenant] = await makeTenants(adminUrl, 1, { upstream, policies: policySet(POLICIES) });
  const next = (model: string) => (count: number) =>
    Array.from({ length: count }, () => ({ token: tenant?.token ?? "", body: longBody(model, fresh()) }));
  const few = { rounds: size.rounds, batch: Math.ceil(size.batch / 5) };
  const rows = await measure(
    site,
    [
      { name: "floor: passed on", worker: floor, source: null, concurrency: 2, next: next("bench") },
      {
        name: "floor: read, parsed, passed on",
        worker: floor,
        path: "/parsed",
        source: null,
        concurrency: 2,
        next: next("bench"),
      },
      { name: "explicit model", worker: instant, source: "explicit", concurrency: 2, next: next("bench") },
      { name: "routed, instant engine", worker: instant, source: "engine", concurrency: 2, next: next("auto") },
    ],
    few,
  );
  print("Conversations of 100,000 tokens", rows, 1);
  return rows;
}

/** Where a worker's time goes, by function: what the other figures cannot say. */
async function profile(site: Site, size: Options) {
  const { upstream, adminUrl } = site;
  const [tenant] = await makeTenants(adminUrl, 1, { upstream, policies: policySet(POLICIES) });
  const worker = await site.inspected();
  const found: Record<string, unknown> = {};
  for (const [name, model, source] of [
    ["explicit", "bench", "explicit"],
    ["routed", "auto", "engine"],
    ["streams", "bench", "explicit"],
  ] as const) {
    const options = { stream: name === "streams" };
    const next = (count: number) =>
      Array.from({ length: count }, () => ({ token: tenant?.token ?? "", body: chatBody(model, fresh(), options) }));
    const batch = { url: `${worker.url}/v1/chat/completions`, concurrency: 8, source };
    await site.send({ ...batch, requests: next(size.batch) });
    const requests = next(size.batch * size.rounds);
    const shares = await profiled(worker.inspectorPort ?? 0, async () => {
      await site.send({ ...batch, requests });
    });
    found[name] = shares.slice(0, PROFILED);
    console.log(`\nWhere the time of "${name}" goes`);
    for (const { name, share } of shares.slice(0, PROFILED))
      console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${name}`);
  }
  return found;
}

/** `base` is the row that others are compared with. */
function print(title: string, rows: readonly Figures[], base: number): void {
  const floor = rows[base]?.cpuMs ?? Number.NaN;
  const cell = (value: number, digits = 2): string => value.toFixed(digits).padStart(8);
  console.log(
    `\n${title}\n${"".padEnd(36)} CPU ms   ratio  worker   infer.  bridge  (postgres)  first byte p50/p99   whole p50/p99 ms`,
  );
  for (const { name, cpuMs, parts, firstByte, total } of rows) {
    console.log(
      `${name.padEnd(34)}${cell(cpuMs)}${cell(cpuMs / floor)}${cell(parts.worker)}${cell(parts.inference)}${cell(parts.bridge)}` +
        `${cell(parts.postgres)}   ${cell(firstByte.p50)}${cell(firstByte.p99)}  ${cell(total.p50)}${cell(total.p99)}`,
    );
  }
}

await main();
