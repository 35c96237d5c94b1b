import { z } from "zod";
import { deploymentsSchema } from "./engines/deployments.ts";
import { calibrationsSchema } from "./decide/calibration.ts";

const MEBIBYTE = 1024 * 1024;

const commaSeparated = (text: string): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

const count = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: "custom", message: "is not JSON" });
    return z.NEVER;
  }
});

const envSchema = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  /** 0 takes any free port; the bound one is in the `listening` log line. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(8788),
  /** One or two bearer tokens, so that one can be replaced while the other still works. */
  SERVICE_TOKENS: z
    .string()
    .transform(commaSeparated)
    .pipe(z.array(z.string().min(16)).min(1).max(2)),
  /** Deployed router models as a JSON array; see `engines/deployments.ts`. */
  ENGINES: jsonText.pipe(deploymentsSchema).default([]),
  /** Calibration by engine as JSON, as `npm run calibrate` writes it; wins over a deployment's own. */
  CALIBRATION: jsonText.pipe(calibrationsSchema).default({}),
  DEFAULT_ENGINE: z.string().min(1).default("embedded"),
  MAX_BODY_BYTES: count(4 * MEBIBYTE, 64 * MEBIBYTE),
  /** Encoder threads of the embedded engine, each with 130 MB of weights; more than the cores only makes each slower. */
  EMBEDDED_THREADS: count(1, 64),
  /** Decisions of the embedded engine that run at once. */
  EMBEDDED_CONCURRENCY: count(4, 256),
  /** Decisions of one engine that may wait for their turn. */
  QUEUE_LIMIT: count(128, 10_000),
  POLICY_CACHE_MB: count(32, 4096),
  TURN_CACHE_MB: count(16, 4096),
  /** Milliseconds that running decisions get to finish after SIGTERM. */
  DRAIN_MS: count(10_000, 600_000),
  /** Milliseconds after SIGTERM in which it still takes connections, though no longer ready: until nothing is sent here. */
  DRAIN_NOTICE_MS: z.coerce.number().int().min(0).max(600_000).default(0),
});

export type Env = Omit<z.infer<typeof envSchema>, "POLICY_CACHE_MB" | "TURN_CACHE_MB"> & {
  readonly POLICY_CACHE_BYTES: number;
  readonly TURN_CACHE_BYTES: number;
};

/** Reads a text file; throws when there is none. */
export type ReadText = (path: string) => string;

/**
 * Parses the process environment. `ENGINES_FILE` and `CALIBRATION_FILE` name files that hold what `ENGINES` and
 * `CALIBRATION` would. Throws with the names of what is missing or wrong (`PORT`, `ENGINES[0].format`), never with a value.
 */
export function parseEnv(variables: Readonly<Record<string, string | undefined>>, readText: ReadText): Env {
  const wrong = new Set<string>();
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined && value !== "") given[name] = value;
  for (const name of ["ENGINES", "CALIBRATION"]) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    try {
      given[name] = readText(path);
    } catch {
      wrong.add(`${name}_FILE`);
    }
  }
  const parsed = envSchema.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) for (const name of wrongNames(issue)) wrong.add(name);
  if (parsed.success && wrong.size === 0) {
    const { POLICY_CACHE_MB, TURN_CACHE_MB, ...env } = parsed.data;
    const engines = ["embedded", ...env.ENGINES.map((deployment) => deployment.name)];
    if (engines.includes(env.DEFAULT_ENGINE)) {
      return { ...env, POLICY_CACHE_BYTES: POLICY_CACHE_MB * MEBIBYTE, TURN_CACHE_BYTES: TURN_CACHE_MB * MEBIBYTE };
    }
    wrong.add("DEFAULT_ENGINE");
  }
  throw new Error(`missing or invalid configuration: ${[...wrong].sort().join(", ")}`);
}

/** What an issue is about; of keys that nothing reads, each. */
function wrongNames(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== "unrecognized_keys") return [z.core.toDotPath(issue.path)];
  return issue.keys.map((key) => z.core.toDotPath([...issue.path, key]));
}
