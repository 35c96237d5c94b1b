import { Api, type Reply } from "./api.ts";
import { comparisonLine, type Compared } from "./comparison-line.ts";
import { startProvider } from "./provider.ts";
import { behaviourAt, type Script, type ScriptTenant } from "./script.ts";
import { seeded } from "./seeded.ts";
import type { SimulatedService } from "./start.ts";
import { setUpTenant, type Tenant } from "./tenant.ts";
import { trafficOf, type Ask } from "./traffic.ts";

const MINUTE_MS = 60_000;
/** How often owners look. */
const LOOKING_MS = 120 * MINUTE_MS;
/** How long users read before they say what an answer was worth. */
const READING_MS = 3 * MINUTE_MS;
const METRIC = "helpful";

/** Something that an owner would see. */
export interface DayEvent {
  /** Milliseconds of the day. */
  readonly at: number;
  readonly kind: "begin" | "look" | "widen" | "ask" | "abort" | "end";
  readonly text: string;
}

interface Rollout {
  readonly id: string;
  readonly tenant: Tenant;
  readonly policy: string;
  percent: number;
  status: string;
  asking: boolean;
  /** When it ended by itself, and how many of its policy's requests came later, by arm. */
  endedAt: number | null;
  afterwards: { requests: number; candidate: number };
}

interface RolloutBody {
  readonly id: string;
  readonly percent: number;
  readonly status: string;
  readonly reason: string | null;
  readonly schedule: { readonly state: string } | null;
}

interface Opinion {
  readonly at: number;
  readonly tenant: Tenant;
  readonly decision: string;
  readonly score: number;
}

/** What is left of a day. */
export interface DayEnd {
  readonly requests: number;
  /** Of each rollout, the page that its owner can read; named after the tenant. */
  readonly reports: readonly { readonly name: string; readonly page: string }[];
}

/**
 * Plays a day: requests through the worker one after the other, opinions of users, jobs by the clock, owners who begin
 * rollouts. There is one clock, which the events move; the same seed gives the same day.
 */
export async function runDay(
  service: SimulatedService,
  script: Script,
  seed: number,
  tell: (event: DayEvent) => void,
  signal?: AbortSignal,
): Promise<DayEnd> {
  const midnight = Date.parse(`${script.date}T00:00:00Z`);
  let clock = script.from;
  const models = new Map(script.tenants.flatMap((tenant) => Object.entries(tenant.models)));
  const behaviourOf = (name: string) => {
    const model = models.get(name);
    if (model === undefined) throw new Error(`the script has no model ${name}`);
    return behaviourAt(model, clock);
  };
  const provider = await startProvider(behaviourOf, seeded(seed + 1));
  try {
    const api = new Api(service.baseUrl, () => midnight + clock);
    const tenants = new Map<string, Tenant>();
    await service.tick(midnight + clock);
    for (const one of script.tenants) {
      tenants.set(one.name, await setUpTenant(api, service.operatorKey, provider.baseUrl, one));
    }
    const users = seeded(seed + 2);
    const rollouts: Rollout[] = [];
    const opinions: Opinion[] = [];
    const asks = trafficOf(script, seeded(seed));
    const steps = stepsOf(script, asks);
    for (const step of steps) {
      signal?.throwIfAborted();
      for (let next = opinions[0]; next !== undefined && next.at <= step.at; next = opinions[0]) {
        opinions.shift();
        clock = Math.max(clock, next.at);
        const body = { decision: next.decision, score: next.score, metric: METRIC };
        await api.must(next.tenant.inferenceKey, "/v1/feedback", { body });
      }
      clock = Math.max(clock, step.at);
      if (step.kind === "ask") await ask(step.ask);
      else if (step.kind === "rollout") await begin(step.tenant, step.rollout);
      else if (step.kind === "jobs") await jobs();
      else for (const rollout of rollouts.filter(({ status }) => status === "running")) await look(rollout);
    }
    for (const { tenant, policy, endedAt, afterwards } of rollouts) {
      if (endedAt === null) continue;
      const text = `${tenant.name}: of ${afterwards.requests} later requests about "${policy}" ${afterwards.candidate} went to the candidate`;
      tell({ at: clock, kind: "end", text });
    }
    const reports: { name: string; page: string }[] = [];
    for (const { id, tenant } of rollouts) {
      const { text } = await api.call(tenant.adminKey, `/api/v1/rollouts/${id}/report`);
      reports.push({ name: tenant.name, page: text });
    }
    return { requests: asks.length, reports };

    async function ask({ tenant: name, conversation, text, stream }: Ask): Promise<void> {
      const tenant = tenants.get(name);
      if (tenant === undefined) return;
      const reply = await api.call(tenant.inferenceKey, "/v1/chat/completions", {
        body: { model: "auto", stream, messages: [{ role: "user", content: text }] },
        headers: { "x-signalbox-conversation": conversation },
      });
      await service.settled();
      countAfterwards(tenant, reply);
      const served = reply.headers.get("x-signalbox-model");
      const decision = reply.headers.get("x-signalbox-decision");
      const rated = users() < tenant.script.rating;
      const draw = users();
      if (reply.status !== 200 || !rated || served === null || decision === null) return;
      const score = draw < behaviourOf(served).pleasing ? 1 : -1;
      opinions.push({ at: clock + READING_MS, tenant, decision, score });
    }

    function countAfterwards(tenant: Tenant, { headers }: Reply): void {
      const policy = decodeURIComponent(headers.get("x-signalbox-policy") ?? "");
      for (const rollout of rollouts) {
        if (rollout.endedAt === null || rollout.tenant !== tenant || rollout.policy !== policy) continue;
        rollout.afterwards.requests += 1;
        if (headers.get("x-signalbox-arm")?.startsWith("candidate") === true) rollout.afterwards.candidate += 1;
      }
    }

    async function begin(name: string, { policy, candidate, schedule, guardrails }: ScriptRollout): Promise<void> {
      const tenant = tenants.get(name);
      if (tenant === undefined) return;
      const body = { router: "default", policy, candidate, schedule, guardrails };
      const made = await api.must<RolloutBody>(tenant.adminKey, "/api/v1/rollouts", { body });
      const state = { percent: made.percent, status: made.status, asking: false, endedAt: null };
      rollouts.push({ id: made.id, tenant, policy, ...state, afterwards: { requests: 0, candidate: 0 } });
      const plan = schedule.steps.map((one) => `${one.percent} % for ${hours(one.for_minutes)}`).join(", ");
      const text = `${name} tries ${candidate.model} on "${policy}": ${plan}, then ask`;
      tell({ at: clock, kind: "begin", text });
    }

    async function jobs(): Promise<void> {
      await service.tick(midnight + clock);
      for (const rollout of rollouts) {
        const seen = await api.must<RolloutBody>(rollout.tenant.adminKey, `/api/v1/rollouts/${rollout.id}`);
        const asking = seen.schedule?.state === "asking";
        const { name } = rollout.tenant;
        if (seen.percent !== rollout.percent) {
          const text = `${name}: the guardrails hold, ${rollout.percent} % becomes ${seen.percent} %`;
          tell({ at: clock, kind: "widen", text });
        }
        if (seen.status !== rollout.status) {
          await look(rollout);
          tell({ at: clock, kind: "abort", text: `${name}: ${seen.status}. ${seen.reason ?? ""}` });
          rollout.endedAt = clock;
        } else if (asking && !rollout.asking) {
          tell({
            at: clock,
            kind: "ask",
            text: `${name}: the last step is over; ${seen.percent} % until its owner decides`,
          });
        }
        Object.assign(rollout, { percent: seen.percent, status: seen.status, asking });
      }
    }

    async function look({ id, tenant, percent }: Rollout): Promise<void> {
      const compared = await api.must<Compared>(tenant.adminKey, `/api/v1/rollouts/${id}/comparison`);
      const share = `${percent} %`.padStart(5);
      const text = `${tenant.name.padEnd(7)}${share}  ${comparisonLine(compared, METRIC)}`;
      tell({ at: clock, kind: "look", text });
    }
  } finally {
    await provider.stop();
  }
}

type ScriptRollout = ScriptTenant["rollouts"][number];
type Step = { readonly at: number } & (
  | { readonly kind: "ask"; readonly ask: Ask }
  | { readonly kind: "rollout"; readonly tenant: string; readonly rollout: ScriptRollout }
  | { readonly kind: "jobs" }
  | { readonly kind: "look" }
);

/** All that happens in a day, in its order. */
function stepsOf(script: Script, asks: readonly Ask[]): Step[] {
  const every = (ms: number, kind: "jobs" | "look"): Step[] =>
    Array.from({ length: Math.floor((script.until - script.from) / ms) }, (_, index) => ({
      at: script.from + (index + 1) * ms,
      kind,
    }));
  const rollouts = script.tenants.flatMap(({ name, rollouts: own }) =>
    own.map((rollout): Step => ({ at: rollout.at, kind: "rollout", tenant: name, rollout })),
  );
  const requests = asks.map((ask): Step => ({ at: ask.at, kind: "ask", ask }));
  const all = [
    ...rollouts,
    ...requests,
    ...every(script.jobs_every_minutes * MINUTE_MS, "jobs"),
    ...every(LOOKING_MS, "look"),
  ];
  return all.sort((a, b) => a.at - b.at);
}

const hours = (minutes: number): string => (minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`);
