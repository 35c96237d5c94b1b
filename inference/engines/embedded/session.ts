import { InferenceSession } from "onnxruntime-node";

/** One thread a session: decisions run beside each other, never inside each other. */
export function loadSession(path: string): Promise<InferenceSession> {
  return InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: "all" });
}

/** A copy of one output's values. Throws when the graph is not the one this code was written for. */
export function floats(output: InferenceSession.OnnxValueMapType, name: string): Float32Array<ArrayBuffer> {
  const data = output[name]?.data;
  if (!(data instanceof Float32Array)) throw new TypeError(`the model has no float output ${name}`);
  return Float32Array.from(data);
}
