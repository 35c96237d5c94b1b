import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { VARIABLES } from "../../../edge/env.ts";
import type { WorkerBuild } from "../../local/worker/build-worker.ts";
import { WORKERD } from "../../workerd/binary.ts";
import { CLOCK_SOCKET, SOCKET, SPOOL_FOLDER, STATE_FOLDER, workerdConfig } from "../../workerd/config.ts";

export interface RawWorkerd {
  readonly url: string;
  readonly pid: number;
  /** Null unless it was started to be looked into. */
  readonly inspectorPort: number | null;
  stop(): Promise<void>;
}

type Variables = Readonly<Record<string, string>>;

/** The worker as a self-hosted deployment runs it, but for its log, which would cost whoever reads it. */
export async function startEdge(
  folder: string,
  build: WorkerBuild,
  variables: Variables,
  inspected = false,
): Promise<RawWorkerd> {
  const names = VARIABLES.filter((name) => name in variables);
  const folders = [SPOOL_FOLDER, STATE_FOLDER].map((name) => ({ name, path: join(folder, name) }));
  for (const { path } of folders) await mkdir(path, { recursive: true });
  const config = workerdConfig({ build, variables: names, loopbackUpstreams: true });
  const clock = `--socket-addr=${CLOCK_SOCKET}=127.0.0.1:0`;
  const places = [clock, ...folders.map(({ name, path }) => `--directory-path=${name}=${path}`)];
  const flags = inspected ? ["--inspector-addr=127.0.0.1:0", ...places] : places;
  return start(folder, build.source, config, variables, flags);
}

export function startFloor(folder: string, { source, config }: WorkerBuild, upstream: string): Promise<RawWorkerd> {
  const text = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "floor", worker = .floor),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "${SOCKET}", http = (), service = "floor")],
);
const floor :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${JSON.stringify(config.compatibilityDate)},
  bindings = [(name = "UPSTREAM", text = ${JSON.stringify(upstream)})],
);
`;
  return start(folder, source, text, {}, []);
}

async function start(
  folder: string,
  source: string,
  config: string,
  variables: Variables,
  flags: readonly string[],
): Promise<RawWorkerd> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "worker.js"), source);
  await writeFile(join(folder, "config.capnp"), config);
  const listen = `--socket-addr=${SOCKET}=127.0.0.1:0`;
  const child = spawn(WORKERD, ["serve", "--control-fd=3", listen, ...flags, join(folder, "config.capnp")], {
    env: { ...variables },
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const exited = once(child, "close");
  const inspected = flags.some((flag) => flag.startsWith("--inspector-addr"));
  const ports = new Map<string, number>();
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const said = JSON.parse(line) as { event: string; socket?: string; port?: number };
      if (said.port !== undefined && said.socket !== CLOCK_SOCKET) ports.set(said.event, said.port);
      if (ports.has("listen") && (!inspected || ports.has("listen-inspector"))) resolve();
    });
    void exited.then(() => reject(new Error("workerd did not start")));
  });
  return {
    url: `http://127.0.0.1:${ports.get("listen") ?? 0}`,
    pid: child.pid ?? 0,
    inspectorPort: ports.get("listen-inspector") ?? null,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
