import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { EncodedSegment, EncodeSegment } from "./segment-encoder.ts";
import type { SegmentAnswer, SegmentJob } from "./segment-thread.ts";

export interface SegmentThreads {
  readonly encode: EncodeSegment;
  readonly alive: () => boolean;
  readonly stop: () => void;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, PromiseWithResolvers<EncodedSegment>>;
}

/**
 * Encoders on `count` threads of their own: onnxruntime-node runs a model on the thread that asks, and the event loop
 * must go on. A thread that ends makes all of it fail; `alive` says so.
 */
export async function startSegmentThreads(directory: string, count: number): Promise<SegmentThreads> {
  let alive = true;
  let jobs = 0;
  const threads: Thread[] = Array.from({ length: count }, () => ({
    worker: new Worker(new URL("./segment-thread.ts", import.meta.url), {
      workerData: directory,
      // What a thread leaves behind is the buffers of one segment at a time; room to gather them is memory wasted.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    }),
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
      thread.worker.on("message", ({ id, segment }: SegmentAnswer) => {
        const job = thread.pending.get(id);
        thread.pending.delete(id);
        if (segment === null) job?.reject(new Error("the encoder failed"));
        else job?.resolve(segment);
      });
      thread.worker.on("error", () => fail(thread));
      thread.worker.on("exit", () => fail(thread));
    }),
  );

  return {
    encode: (text) => {
      if (!alive) return Promise.reject(new Error("the encoder thread ended"));
      const thread = threads.reduce((a, b) => (b.pending.size < a.pending.size ? b : a));
      const job = Promise.withResolvers<EncodedSegment>();
      const id = (jobs += 1);
      thread.pending.set(id, job);
      thread.worker.postMessage({ id, text } satisfies SegmentJob);
      return job.promise;
    },
    alive: () => alive,
    stop: () => threads.forEach(({ worker }) => void worker.terminate()),
  };
}
