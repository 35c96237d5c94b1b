import { setTimeout as pause } from "node:timers/promises";
import type { TestTenant } from "./tenant.ts";

const LIMIT_MS = 20_000;

/** The receipt of a decision, once the queue has written it. */
export async function settledDecision(tenant: TestTenant, id: string): Promise<Record<string, unknown>> {
  const endsAt = Date.now() + LIMIT_MS;
  for (;;) {
    const { status, body } = await tenant.api(`/decisions/${id}`);
    if (status === 200) return body as Record<string, unknown>;
    if (status !== 404 || Date.now() > endsAt) throw new Error(`decision ${id}: ${JSON.stringify(body)}`);
    await pause(100);
  }
}
