import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEFAULT_WORKER_PORT = 8787;

export interface StartOptions {
  /** Folder of data, keys and logs; absolute. */
  readonly dataDir: string;
  /** The worker's port, 0 for any free one; inner parts without one take a free port. */
  readonly port: number;
  readonly inferencePort: number | null;
  readonly postgresPort: number | null;
  readonly bridgePort: number | null;
  /** Forget the data of earlier starts. */
  readonly fresh: boolean;
  /** Return when ready. */
  readonly detach: boolean;
}

/** A flag or variable that is not what it should be; the message is for people. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads flags and, where a flag is absent, the environment. Throws a UsageError. */
export function parseStartOptions(args: readonly string[], environment: NodeJS.ProcessEnv): StartOptions {
  const values = parse(args, {
    port: { type: "string" },
    "inference-port": { type: "string" },
    "postgres-port": { type: "string" },
    "bridge-port": { type: "string" },
    "data-dir": { type: "string" },
    fresh: { type: "boolean" },
    detach: { type: "boolean" },
  } as const);
  const port = (flag: "port" | "inference-port" | "postgres-port" | "bridge-port", variable: string): number | null =>
    portNumber(`--${flag}`, values[flag]) ?? portNumber(variable, environment[variable]);
  const innerPort = (...names: Parameters<typeof port>): number | null => {
    const given = port(...names);
    return given === 0 ? null : given;
  };
  return {
    dataDir: dataDir(values["data-dir"], environment),
    port: port("port", "PORT") ?? DEFAULT_WORKER_PORT,
    inferencePort: innerPort("inference-port", "INFERENCE_PORT"),
    postgresPort: innerPort("postgres-port", "POSTGRES_PORT"),
    bridgePort: innerPort("bridge-port", "BRIDGE_PORT"),
    fresh: values.fresh ?? false,
    detach: values.detach ?? false,
  };
}

/** The data folder that `npm run stop` is about. Throws a UsageError. */
export function parseStopOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): { readonly dataDir: string } {
  const values = parse(args, { "data-dir": { type: "string" } } as const);
  return { dataDir: dataDir(values["data-dir"], environment) };
}

function parse<const Options extends NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function portNumber(name: string, text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`${name} must be a port number up to 65535, or 0 for a free one`);
}

function dataDir(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  return resolve(ROOT, flag ?? environment["SIGNALBOX_DATA_DIR"] ?? ".signalbox");
}
