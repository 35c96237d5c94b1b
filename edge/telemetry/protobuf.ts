import { join } from "../upstream/sse.ts";

/** An encoded field of a message, or nothing. */
export type Field = Uint8Array;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const NOTHING = new Uint8Array();

/** A message of fields, in the protobuf wire format (https://protobuf.dev/programming-guides/encoding/). */
export function message(...fields: readonly Field[]): Uint8Array {
  const length = fields.reduce((sum, field) => sum + field.length, 0);
  return join(fields, length);
}

/** A message or other bytes as a field. */
export const bytes = (field: number, value: Uint8Array): Field =>
  message(tag(field, DELIMITED), varint(BigInt(value.length)), value);

export const text = (field: number, value: string): Field =>
  bytes(field, new TextEncoder().encode(value.toWellFormed()));

/** An `int64`, `enum` or `bool` field; whole numbers only. */
export const int = (field: number, value: number): Field =>
  message(tag(field, VARINT), varint(BigInt.asUintN(64, BigInt(value))));

export function double(field: number, value: number): Field {
  const fixed = new Uint8Array(8);
  new DataView(fixed.buffer).setFloat64(0, value, true);
  return message(tag(field, FIXED64), fixed);
}

export function fixed64(field: number, value: bigint): Field {
  const fixed = new Uint8Array(8);
  new DataView(fixed.buffer).setBigUint64(0, value, true);
  return message(tag(field, FIXED64), fixed);
}

/** Each as a field of the same number. */
export const repeated = <T>(values: readonly T[], encode: (value: T) => Field): Field =>
  values.length === 0 ? NOTHING : message(...values.map(encode));

const tag = (field: number, type: number): Uint8Array => varint(BigInt(field * 8 + type));

function varint(value: bigint): Uint8Array {
  const septets: number[] = [];
  let rest = value;
  do {
    const septet = Number(rest & 0x7fn);
    rest >>= 7n;
    septets.push(rest === 0n ? septet : septet | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(septets);
}

/** Top-level fields of a message by number: numbers of varints, bytes of delimited ones. Null when it is no message. */
export function readFields(encoded: Uint8Array): ReadonlyMap<number, number | Uint8Array> | null {
  const found = new Map<number, number | Uint8Array>();
  let at = 0;
  const next = (): number | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n && at < encoded.length; shift += 7n) {
      const byte = encoded[at] ?? 0;
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
    return null;
  };
  while (at < encoded.length) {
    const key = next();
    const value = next();
    if (key === null || value === null) return null;
    const [field, type] = [Math.floor(key / 8), key % 8];
    if (type === VARINT) found.set(field, value);
    else if (type !== DELIMITED || at + value > encoded.length) return null;
    else found.set(field, encoded.subarray(at, (at += value)));
  }
  return found;
}
