/**
 * A program of its own, on the core of the load. Its parent gives it a batch, says when to begin, and asks for the
 * figures afterwards, so that none of their talk falls into what is measured.
 */
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface Batch {
  readonly url: string;
  /** Request bodies with the token each is sent with; as many requests as there are. */
  readonly requests: readonly Sent[];
  readonly concurrency: number;
  /** Requests begun in a second, however those before them fare; as fast as they are answered when absent. */
  readonly perSecond?: number;
  /** What every answer's `x-signalbox-source` must be; null where there is none. */
  readonly source: string | null;
}

export interface Sent {
  readonly token: string;
  readonly body: string;
  /** Instead of the batch's. */
  readonly source?: string;
}

/** Milliseconds of each request to its first and its last byte. */
export interface Measured {
  readonly firstByte: number[];
  readonly total: number[];
  /** Answers that were not as asked for, in words. */
  readonly wrong: readonly string[];
}

const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });

async function run({ url, requests, concurrency, perSecond, source }: Batch): Promise<Measured> {
  const figures = { firstByte: [] as number[], total: [] as number[], wrong: [] as string[] };
  const one = async (sent: Sent): Promise<void> => {
    const began = performance.now();
    const answer = await send(url, sent.token, sent.body);
    figures.firstByte.push(answer.firstAt - began);
    figures.total.push(performance.now() - began);
    if (answer.status !== 200 || answer.source !== (sent.source ?? source)) {
      figures.wrong.push(`${answer.status} ${String(answer.source)}: ${answer.text.slice(0, 200)}`);
    }
  };
  const waiting = requests.values();
  const worker = async (): Promise<void> => {
    for (const sent of waiting) await one(sent);
  };
  const paced = async (every: number): Promise<void> => {
    const began = performance.now();
    const running: Promise<void>[] = [];
    for (const [index, sent] of requests.entries()) {
      const wait = began + index * every - performance.now();
      if (wait > 0) await pause(wait);
      running.push(one(sent));
    }
    await Promise.all(running);
  };
  if (perSecond === undefined) await Promise.all(Array.from({ length: concurrency }, worker));
  else await paced(1_000 / perSecond);
  return figures;
}

interface Answer {
  readonly status: number;
  readonly source: string | null;
  readonly firstAt: number;
  readonly text: string;
}

function send(url: string, token: string, body: string): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  return new Promise((resolve) => {
    const gone = (error: Error): void =>
      resolve({ status: 0, source: null, firstAt: performance.now(), text: error.message });
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let firstAt = 0;
      let text = "";
      response.on("data", (part: Buffer) => {
        if (firstAt === 0) firstAt = performance.now();
        if (response.statusCode !== 200) text += part.toString();
      });
      response.on("error", gone);
      response.on("end", () => {
        const said = response.headers["x-signalbox-source"];
        const source = typeof said === "string" ? said : null;
        resolve({ status: response.statusCode ?? 0, source, firstAt, text });
      });
    });
    sent.on("error", gone);
    sent.end(body);
  });
}

let batch: Batch | null = null;
let measured: Measured | null = null;
process.on("message", (said: Batch | "go" | "figures") => {
  if (said === "figures") process.send?.(measured);
  else if (said !== "go") {
    batch = said;
    process.send?.("ready");
  } else if (batch !== null) {
    void run(batch).then((figures) => {
      measured = figures;
      process.send?.("done");
    });
  }
});
// Its parent is gone.
process.on("disconnect", () => process.exit());
