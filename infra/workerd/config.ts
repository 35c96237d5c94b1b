import { REFUSED_NETWORKS } from "../../edge/upstream/address-policy.ts";
import type { WorkerBuild } from "../local/worker/build-worker.ts";

export interface WorkerdConfig {
  readonly build: WorkerBuild;
  /** Names of the process's variables that the worker is given; their values never reach the disk. */
  readonly variables: readonly string[];
  /** Whether providers may be on this machine, for development. */
  readonly loopbackUpstreams: boolean;
}

/** Names of what the command line of workerd fills in: where it listens, and its folders. */
export const SOCKET = "http";
export const CLOCK_SOCKET = "clock";
export const SPOOL_FOLDER = "spool";
export const STATE_FOLDER = "state";
/** Folder of the spool's files inside of its own. Changing it loses what waits there. */
export const SPOOL_KEY = "signalbox-usage-spool";

/**
 * The worker as a configuration of workerd (Cap'n Proto text; https://github.com/cloudflare/workerd, workerd.capnp).
 * `upstream` is the only network that providers are called through: public addresses, whatever a name resolves to. The
 * worker's own services, inference and PostgreSQL, are reached through the other one.
 */
export function workerdConfig({ build, variables, loopbackUpstreams }: WorkerdConfig): string {
  const everywhere = ["public", "private", "local"];
  const date = build.config.compatibilityDate ?? "2026-11-17";
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "signalbox", worker = .signalbox),
    ${network("services", everywhere)},
    ${loopbackUpstreams ? network("upstream", everywhere) : network("upstream", ["public"], REFUSED_NETWORKS)},
    (name = "${SPOOL_FOLDER}", disk = (writable = true)),
    (name = "${STATE_FOLDER}", disk = (writable = false)),
  ],
  sockets = [
    (name = "${SOCKET}", http = (), service = "signalbox"),
    (name = "${CLOCK_SOCKET}", http = (), service = (name = "signalbox", entrypoint = "clock")),
  ],
);

const signalbox :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(date)},
  compatibilityFlags = [${(build.config.compatibilityFlags ?? []).map(text).join(", ")}],
  globalOutbound = "services",
  durableObjectNamespaces = [(className = "UsageSpool", uniqueKey = "${SPOOL_KEY}", enableSql = true)],
  durableObjectStorage = (localDisk = "${SPOOL_FOLDER}"),
  bindings = [
    (name = "USAGE_SPOOL", durableObjectNamespace = (className = "UsageSpool")),
    (name = "UPSTREAM_NETWORK", service = "upstream"),
    (name = "PROCESS_STATE", service = "${STATE_FOLDER}"),
${variables.map((name) => `    (name = ${text(name)}, fromEnvironment = ${text(name)}),`).join("\n")}
  ],
);
`;
}

/** What workerd calls public holds addresses that mean something to their own network alone, so some are denied beside. */
function network(name: string, allow: readonly string[], deny: readonly string[] = []): string {
  const list = (names: readonly string[]): string => `[${names.map(text).join(", ")}]`;
  const rules = `allow = ${list(allow)}, deny = ${list(deny)}`;
  return `(name = "${name}", network = (${rules}, tlsOptions = (trustBrowserCas = true)))`;
}

/** Cap'n Proto's strings are C's, of which JSON's are a part for the texts that occur here. */
const text = (value: string): string => JSON.stringify(value);
