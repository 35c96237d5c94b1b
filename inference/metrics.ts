import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ServedEngine } from "./decide/served-engine.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export interface Metrics {
  readonly requestSeconds: Histogram<"route" | "status">;
  readonly decisions: Counter<"engine" | "result">;
  readonly decisionSeconds: Histogram<"engine">;
  readonly tokens: Counter<"engine" | "kind">;
  readonly cascades: Counter<"engine" | "outcome">;
  readonly unknownKeys: Counter<"route">;
  /** Prometheus text exposition. */
  readonly expose: () => Promise<string>;
  readonly contentType: string;
}

/** The service's own Prometheus registry. No label holds anything a caller can choose freely. */
export function createMetrics(engines: readonly ServedEngine[]): Metrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "signalbox_inference_engine_load",
    help: "Running and waiting decisions, bytes of prepared policy sets, readiness, by engine.",
    labelNames: ["engine", "what"],
    registers,
    collect() {
      for (const engine of engines) {
        const { running, waiting, policyCacheBytes } = engine.load();
        this.set({ engine: engine.name, what: "running" }, running);
        this.set({ engine: engine.name, what: "waiting" }, waiting);
        this.set({ engine: engine.name, what: "policy_cache_bytes" }, policyCacheBytes);
        this.set({ engine: engine.name, what: "ready" }, engine.ready() ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    requestSeconds: new Histogram({
      name: "signalbox_inference_request_seconds",
      help: "Time to answer, by route and status.",
      labelNames: ["route", "status"],
      buckets: SECONDS,
      registers,
    }),
    decisions: new Counter({
      name: "signalbox_inference_decisions_total",
      help: "Decisions by engine and result: ok, an unsure reason, or an error code.",
      labelNames: ["engine", "result"],
      registers,
    }),
    decisionSeconds: new Histogram({
      name: "signalbox_inference_decision_seconds",
      help: "Time of successful decisions, waiting included.",
      labelNames: ["engine"],
      buckets: SECONDS,
      registers,
    }),
    tokens: new Counter({
      name: "signalbox_inference_tokens_total",
      help: "Tokens that router models read and wrote, by engine and kind: prompt, cached (part of it), completion.",
      labelNames: ["engine", "kind"],
      registers,
    }),
    cascades: new Counter({
      name: "signalbox_inference_cascade_decisions_total",
      help:
        "Decisions of cascades: kept by the first engine; escalated, and the second agreed with the first, changed " +
        "its choice, gave no answer in time (late), was unsure itself, or decided alone because the first chose nothing " +
        "(second_only).",
      labelNames: ["engine", "outcome"],
      registers,
    }),
    unknownKeys: new Counter({
      name: "signalbox_inference_unknown_keys_total",
      help: "Keys of request bodies that this contract version does not know.",
      labelNames: ["route"],
      registers,
    }),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
