import { parentPort, workerData } from "node:worker_threads";
import { loadEncoder } from "./encoder.ts";

/** Asked of the thread: one batch of texts. */
export interface EncodeJob {
  readonly id: number;
  readonly texts: readonly string[];
}

// The entry of an encoder thread. `workerData` is the model directory; the first message says that it is loaded.
const port = parentPort;
if (port !== null) {
  const encode = await loadEncoder(workerData as string);
  port.on("message", ({ id, texts }: EncodeJob) => {
    void encode(texts).then(
      (encodings) => {
        const buffers = encodings.flatMap(({ pooled, tokens }) => [pooled.buffer, tokens.values.buffer]);
        port.postMessage({ id, encodings }, buffers);
      },
      () => port.postMessage({ id, encodings: null }),
    );
  });
  port.postMessage("loaded");
}
