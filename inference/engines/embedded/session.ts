import { InferenceSession } from "onnxruntime-node";

/** One thread a session: decisions run beside each other, never inside each other. */
export function loadSession(path: string): Promise<InferenceSession> {
  return InferenceSession.create(path, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    // Multiplies 8-bit weights out once, here. Computing with them would take kernels that quantise activations in a
    // way of their own for each instruction set: answers would depend on the processor.
    extra: { session: { disable_quant_qdq: "1" } },
  });
}

/** A copy of one output's values. Throws when the graph is not the one this code was written for. */
export function floats(output: InferenceSession.OnnxValueMapType, name: string): Float32Array<ArrayBuffer> {
  const data = output[name]?.data;
  if (!(data instanceof Float32Array)) throw new TypeError(`the model has no float output ${name}`);
  return Float32Array.from(data);
}
