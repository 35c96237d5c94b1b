import { join } from "./sse.ts";

/** All bytes of a body; null, with the rest cancelled, when there are more than `maxBytes`. */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  onChunk?: () => void,
): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return join(chunks, length);
    onChunk?.();
    chunks.push(value);
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return null;
    }
  }
}
