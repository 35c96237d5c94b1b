import type { Script } from "./script.ts";

const HOUR_MS = 3_600_000;
/** How many turns of a conversation are asked within an hour, at most. */
const MAX_TURNS = 3;
const TURN_MS = 90_000;

/** One request to come. */
export interface Ask {
  /** Milliseconds of the day. */
  readonly at: number;
  readonly tenant: string;
  readonly conversation: string;
  readonly text: string;
  readonly stream: boolean;
}

/** The requests of a day in their order: conversations of one to three turns, more in busy hours. */
export function trafficOf(script: Script, random: () => number): Ask[] {
  const asks = script.tenants.flatMap(({ name, requests, policies }) => {
    const made: Ask[] = [];
    for (let count = 0; made.length < requests; count += 1) {
      const begins = instant(script, random);
      const turns = 1 + Math.floor(random() * MAX_TURNS);
      const policy = pick(
        policies,
        policies.map(({ share }) => share),
        random,
      );
      for (let turn = 0; turn < turns && made.length < requests; turn += 1) {
        const text = policy.asks[Math.floor(random() * policy.asks.length)] ?? "";
        const at = begins + Math.round(turn * TURN_MS * (0.5 + random()));
        made.push({ at, tenant: name, conversation: `${name}-${count}`, text, stream: random() < 0.5 });
      }
    }
    return made;
  });
  return asks.filter(({ at }) => at < script.until).sort((a, b) => a.at - b.at);
}

/** A time of the simulated part of the day, likelier in a busy hour. */
function instant({ from, until, busy }: Script, random: () => number): number {
  const weights = busy.map((weight, hour) => {
    const overlap = Math.min(until, (hour + 1) * HOUR_MS) - Math.max(from, hour * HOUR_MS);
    return weight * Math.max(0, overlap);
  });
  const hours = busy.map((_, hour) => hour);
  const hour = pick(hours, weights, random);
  const begins = Math.max(from, hour * HOUR_MS);
  return Math.floor(begins + random() * (Math.min(until, (hour + 1) * HOUR_MS) - begins));
}

function pick<T>(of: readonly T[], weights: readonly number[], random: () => number): T {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  const picked = of[index === -1 ? of.length - 1 : index];
  if (picked === undefined) throw new Error("nothing to pick from");
  return picked;
}
