import { setTimeout as pause } from "node:timers/promises";
import { summary, type Summary } from "../percentiles.ts";
import type { Batch } from "./load.ts";
import type { RawWorkerd } from "./raw-workerd.ts";
import type { Cpu, Site } from "./site.ts";

/** Milliseconds after which what requests left behind (receipts) has been done and counts as theirs. */
const SETTLE_MS = 1_500;

/** One kind of traffic. `next` gives the requests of a batch, other ones each time where that matters. */
export interface Scenario {
  readonly name: string;
  readonly worker: RawWorkerd;
  readonly path?: string;
  readonly source: string | null;
  readonly concurrency: number;
  /** Instead of `concurrency`: requests begun in a second. */
  readonly perSecond?: number;
  readonly next: (count: number) => Batch["requests"];
  /** Waits before each batch. */
  readonly before?: () => Promise<void>;
}

export interface Figures {
  readonly name: string;
  readonly requests: number;
  /** CPU milliseconds of one request: all processes of ours together, and each. PostgreSQL is beside them. */
  readonly cpuMs: number;
  readonly parts: Cpu;
  readonly firstByte: Summary;
  readonly total: Summary;
}

/** Sends each scenario's batches in turn, round after round, so that what else the machine does meets all alike. */
export async function measure(
  site: Site,
  scenarios: readonly Scenario[],
  { rounds, batch }: { readonly rounds: number; readonly batch: number },
): Promise<Figures[]> {
  const measured = scenarios.map((scenario) => ({
    scenario,
    costs: [] as Cpu[],
    first: [] as number[],
    total: [] as number[],
  }));
  for (const { scenario } of measured) await send(site, scenario, Math.ceil(batch / 4));
  for (let round = 0; round < rounds; round += 1) {
    for (const { scenario, costs, first, total } of measured) {
      await scenario.before?.();
      const { firstByte, total: whole } = await send(site, scenario, batch, async (go) => {
        const began = site.cpu(scenario.worker);
        await go();
        await pause(SETTLE_MS);
        costs.push(perRequest(began, site.cpu(scenario.worker), batch));
      });
      first.push(...firstByte);
      total.push(...whole);
    }
  }
  const idle = await idleCost(site);
  return measured.map(({ scenario, costs, first, total }) => {
    const parts = medians(costs, idle, batch);
    const cpuMs = parts.worker + parts.inference + parts.bridge;
    return {
      name: scenario.name,
      requests: total.length,
      cpuMs,
      parts,
      firstByte: summary(first),
      total: summary(total),
    };
  });
}

async function send(
  site: Site,
  { worker, path = "", source, concurrency, perSecond, next, name }: Scenario,
  count: number,
  around?: (go: () => Promise<void>) => Promise<void>,
) {
  const url = `${worker.url}${path}/v1/chat/completions`;
  const pace = perSecond === undefined ? {} : { perSecond };
  const measured = await site.send({ url, requests: next(count), concurrency, ...pace, source }, around);
  const [wrong] = measured.wrong;
  if (wrong !== undefined)
    throw new Error(`${name}: ${measured.wrong.length} of ${count} went wrong, such as ${wrong}`);
  return measured;
}

function perRequest(from: Cpu, to: Cpu, count: number): Cpu {
  const each = (part: keyof Cpu): number => (to[part] - from[part]) / count;
  return { worker: each("worker"), inference: each("inference"), bridge: each("bridge"), postgres: each("postgres") };
}

/** What the processes use while nothing is asked, over the time that a batch is given to settle. */
async function idleCost(site: Site): Promise<Cpu> {
  const began = site.cpu(site.instant);
  await pause(SETTLE_MS);
  return perRequest(began, site.cpu(site.instant), 1);
}

/** The middle of the rounds, for a neighbour on the machine disturbs some of them, less what idling costs. */
function medians(costs: readonly Cpu[], idle: Cpu, batch: number): Cpu {
  const of = (part: keyof Cpu): number =>
    Math.max(0, summary(costs.map((cost) => cost[part])).p50 - idle[part] / batch);
  return { worker: of("worker"), inference: of("inference"), bridge: of("bridge"), postgres: of("postgres") };
}
