import WebSocket from "ws";

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Microseconds between two samples. */
const INTERVAL = 200;

/** Samples what a worker's isolate does while `work` runs: share of the time it was busy, by function, most first. */
export async function profiled(
  inspectorPort: number,
  work: () => Promise<void>,
): Promise<{ readonly name: string; readonly share: number }[]> {
  const targets = (await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json()) as {
    readonly webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? "");
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let calls = 0;
  const call = (method: string, params: object = {}): Promise<unknown> => {
    calls += 1;
    const id = calls;
    return new Promise((resolve) => {
      const hear = (data: WebSocket.RawData): void => {
        const said = JSON.parse((data as Buffer).toString()) as { id?: number; result?: unknown };
        if (said.id !== id) return;
        socket.off("message", hear);
        resolve(said.result);
      };
      socket.on("message", hear);
      socket.send(JSON.stringify({ id, method, params }));
    });
  };
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: INTERVAL });
  await call("Profiler.start");
  await work();
  const { profile } = (await call("Profiler.stop")) as { profile: Profile };
  socket.close();
  return shares(profile);
}

function shares({ nodes, samples, timeDeltas }: Profile): { name: string; share: number }[] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const self = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, index) => {
    const frame = byId.get(id);
    if (frame === undefined || frame.functionName === "(idle)") return;
    const name = `${frame.functionName === "" ? "(anonymous)" : frame.functionName} :${frame.lineNumber + 1}`;
    const spent = timeDeltas[index] ?? 0;
    self.set(name, (self.get(name) ?? 0) + spent);
    busy += spent;
  });
  return [...self].map(([name, spent]) => ({ name, share: spent / busy })).toSorted((a, b) => b.share - a.share);
}
