const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_BYTES = 16;
const SPAN_BYTES = 8;

/** The trace of a decision and the spans in it: made of its id, so that whoever tells it again tells it the same. */
export interface TraceIds {
  readonly traceId: Uint8Array;
  /** Of the request. */
  readonly spanId: Uint8Array;
  /** Of the decision within it. */
  readonly routeSpanId: Uint8Array;
}

/** The 128 bits of a decision's id (`dec_` and a ULID, https://github.com/ulid/spec), and its random half. */
export function traceIdsOf(decisionId: string): TraceIds {
  let value = 0n;
  for (const digit of decisionId.slice(decisionId.indexOf("_") + 1))
    value = (value << 5n) | BigInt(DIGITS.indexOf(digit));
  const traceId = new Uint8Array(ID_BYTES);
  for (let index = ID_BYTES - 1; index >= 0; index -= 1, value >>= 8n) traceId[index] = Number(value & 0xffn);
  const spanId = traceId.slice(-SPAN_BYTES);
  const routeSpanId = spanId.slice();
  routeSpanId[0] = (routeSpanId[0] ?? 0) ^ 0x80;
  return { traceId, spanId, routeSpanId };
}
