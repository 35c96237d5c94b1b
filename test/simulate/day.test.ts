import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, it } from "vitest";
import { runDay, type DayEvent } from "../../infra/simulate/run-day.ts";
import { parseScript } from "../../infra/simulate/script.ts";
import { startService } from "../../infra/simulate/start.ts";
import { stack } from "../stack/provided.ts";

const MODEL = {
  first_byte_ms: 200,
  rest_ms: 500,
  output_tokens: 20,
  pleasing: 0.8,
  prices: { input_per_million: 1, output_per_million: 4 },
};
const HOUR_MS = 3_600_000;

/** Five hours of one tenant; the candidate begins to fail at nine. */
const SCRIPT = parseScript({
  date: "2026-03-02",
  from: "06:00",
  until: "11:00",
  jobs_every_minutes: 15,
  busy: Array<number>(24).fill(1),
  tenants: [
    {
      name: "Acme",
      requests: 300,
      rating: 0.2,
      models: {
        steady: MODEL,
        swift: { ...MODEL, drift: { from: "08:50", until: "09:00", to: { failing: 0.3, breaking_off: 0.4 } } },
      },
      policies: [
        {
          name: "orders",
          description: "Where an order is and when it arrives",
          model: "steady",
          share: 1,
          asks: ["Where is my order?", "When does my order arrive?"],
        },
      ],
      fallback: "steady",
      rollouts: [
        {
          at: "06:30",
          policy: "orders",
          candidate: { model: "swift" },
          schedule: {
            steps: [
              { percent: 30, for_minutes: 60 },
              { percent: 60, for_minutes: 600 },
            ],
          },
          guardrails: { minimum_requests: 20, error_rate: { times_control: 1 } },
        },
      ],
    },
  ],
});

/** What every simulated day must leave: hourly sums that equal the rows, whatever failed or broke off. */
const SUMS = `
  select (select count(*)::integer from signalbox.decisions) as rows,
    (select count(*) filter (where request_status = 'interrupted')::integer from signalbox.decisions) as interrupted,
    (select sum(requests)::integer from signalbox.usage_hourly) as summed,
    (select sum(cost_usd::numeric)::float8 from signalbox.decisions) as cost,
    (select sum(cost_usd)::float8 from signalbox.usage_hourly) as summed_cost`;

async function play(): Promise<{ events: DayEvent[]; sums: Record<string, number> }> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-day-"));
  const { inferenceUrl, inferenceToken } = stack();
  const service = await startService({
    folder,
    seed: 1,
    inference: { url: inferenceUrl, token: inferenceToken },
    signal: AbortSignal.timeout(120_000),
  });
  try {
    const events: DayEvent[] = [];
    await runDay(service, SCRIPT, 1, (event) => events.push(event));
    await service.tick(Date.parse("2026-03-02T14:00:00Z"));
    const admin = new pg.Client(service.database.adminUrl);
    await admin.connect();
    const { rows } = await admin.query<Record<string, number>>(SUMS);
    await admin.end();
    return { events, sums: rows[0] ?? {} };
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

it("a simulated day shows a rollout begin, widen, breach and abort, and is the same day again", async () => {
  const { events, sums } = await play();
  const kinds = events.map(({ kind }) => kind).filter((kind) => kind !== "look");
  expect(kinds).toEqual(["begin", "widen", "abort", "end"]);
  const [, widened, aborted, end] = events.filter(({ kind }) => kind !== "look");
  expect(widened?.at).toBeGreaterThanOrEqual(7.5 * HOUR_MS);
  expect(aborted?.at).toBeGreaterThan(9 * HOUR_MS);
  expect(aborted?.text).toMatch(/^Acme: aborted\. error_rate: over its limit; chance of such numbers/);
  expect(end?.text).toMatch(/^Acme: of [1-9]\d* later requests about "orders" 0 went to the candidate$/);

  expect(sums["interrupted"]).toBeGreaterThan(0);
  expect([sums["summed"], sums["summed_cost"]]).toEqual([sums["rows"], expect.closeTo(sums["cost"] ?? NaN, 9)]);
  expect(await play()).toEqual({ events, sums });
}, 300_000);
