import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Encoder, Encoding } from "./encoder.ts";
import type { EncodeJob } from "./encoder-thread.ts";

/** Characters of one batch: about the tokens that one long turn has, so that no turn waits long behind a batch. */
const BATCH_CHARACTERS = 800;

export interface EncoderThreads extends Encoder {
  readonly alive: () => boolean;
  readonly stop: () => void;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, PromiseWithResolvers<Encoding[]>>;
}

interface Answer {
  readonly id: number;
  /** Null when the run failed. */
  readonly encodings: Encoding[] | null;
}

/** The encoder on threads of its own: onnxruntime-node runs a model on the thread that asks, and the event loop must go on. */
export async function startEncoderThreads(directory: string, count: number): Promise<EncoderThreads> {
  let alive = true;
  let jobs = 0;
  const threads: Thread[] = Array.from({ length: count }, () => ({
    worker: new Worker(new URL("./encoder-thread.ts", import.meta.url), { workerData: directory }),
    pending: new Map(),
  }));
  const fail = ({ pending }: Thread): void => {
    alive = false;
    for (const { reject } of pending.values()) reject(new Error("the encoder thread ended"));
    pending.clear();
  };
  await Promise.all(
    threads.map(async (thread) => {
      await once(thread.worker, "message");
      thread.worker.on("message", ({ id, encodings }: Answer) => {
        const job = thread.pending.get(id);
        thread.pending.delete(id);
        if (encodings === null) job?.reject(new Error("the encoder failed"));
        else job?.resolve(encodings);
      });
      thread.worker.on("error", () => fail(thread));
      thread.worker.on("exit", () => fail(thread));
    }),
  );

  const run = (texts: readonly string[]): Promise<Encoding[]> => {
    const thread = threads.reduce((a, b) => (b.pending.size < a.pending.size ? b : a));
    const job = Promise.withResolvers<Encoding[]>();
    if (!alive) return Promise.reject(new Error("the encoder thread ended"));
    const id = (jobs += 1);
    thread.pending.set(id, job);
    thread.worker.postMessage({ id, texts } satisfies EncodeJob);
    return job.promise;
  };

  return {
    encode: async (text) => {
      const [encoding] = await run([text]);
      if (encoding === undefined) throw new Error("the encoder answered nothing");
      return encoding;
    },
    encodeAll: async (texts) => {
      const encodings = new Map<string, Encoding>();
      // One batch a thread at a time: a turn that comes meanwhile waits for one batch, not for the whole set.
      const waiting = batches(texts).values();
      const work = async (): Promise<void> => {
        for (const batch of waiting) {
          (await run(batch)).forEach((encoding, index) => encodings.set(batch[index] ?? "", encoding));
        }
      };
      await Promise.all(threads.map(work));
      return encodings;
    },
    alive: () => alive,
    stop: () => threads.forEach(({ worker }) => void worker.terminate()),
  };
}

/** Distinct texts, shortest first, cut into batches that hold about as much padded text as one long turn. */
function batches(texts: Iterable<string>): string[][] {
  const made: string[][] = [];
  let batch: string[] = [];
  for (const text of [...new Set(texts)].sort((a, b) => a.length - b.length)) {
    if (batch.length > 0 && (batch.length + 1) * text.length > BATCH_CHARACTERS) {
      made.push(batch);
      batch = [];
    }
    batch.push(text);
  }
  return batch.length > 0 ? [...made, batch] : made;
}
