import type { Reading, Verdict } from "./decision.ts";

/** What a caller is told, in headers, about how a request was served. Never text of the request or the answer. */
export interface Receipt {
  readonly decisionId: string;
  /** Null when the client named a model itself; then `verdict` is null too. */
  readonly router: { readonly slug: string; readonly version: number } | null;
  readonly verdict: Verdict | null;
  readonly source: Reading["source"] | "explicit";
  /** Rollout arm. */
  readonly arm: string | null;
  /** Arm of the rollout of the router's own model. */
  readonly routingArm: string | null;
  /** Slug of the model that served, or was asked last; null when none was asked. */
  readonly model: string | null;
  /** Upstream calls made. */
  readonly attempts: number;
  /** Milliseconds spent waiting for others; null for what did not take place. */
  readonly timings: Readonly<Record<"auth" | "decide" | "upstream", number | null>>;
}

/** The receipt headers of an answer, as `x-signalbox-*` and `server-timing`. Every value is plain ASCII. */
export function receiptHeaders(receipt: Receipt): Record<string, string> {
  const { router, verdict, arm, routingArm, model } = receipt;
  const policy = verdict?.policy ?? verdict?.outcome ?? null;
  const confidence = verdict?.confidence ?? null;
  const headers: Record<string, string | null> = {
    "x-signalbox-decision": receipt.decisionId,
    "x-signalbox-router": router === null ? null : `${router.slug}@${router.version}`,
    // Names are free text: percent-encoded, they cannot end a header or break one that expects bytes.
    "x-signalbox-policy": policy === null ? null : encodeURIComponent(policy.toWellFormed()),
    "x-signalbox-confidence": confidence === null ? null : String(Number(confidence.toFixed(4))),
    "x-signalbox-source": receipt.source,
    "x-signalbox-model": model,
    "x-signalbox-arm": arm,
    "x-signalbox-routing-arm": routingArm,
    "x-signalbox-attempts": String(receipt.attempts),
    "server-timing": serverTiming(receipt.timings),
  };
  return Object.fromEntries(
    Object.entries(headers).filter((header): header is [string, string] => header[1] !== null && header[1] !== ""),
  );
}

function serverTiming(timings: Receipt["timings"]): string {
  return Object.entries(timings)
    .flatMap(([name, ms]) => (ms === null ? [] : [`${name};dur=${Number(ms.toFixed(1))}`]))
    .join(", ");
}
