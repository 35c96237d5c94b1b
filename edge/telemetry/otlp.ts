import { bytes, double, fixed64, int, message, repeated, text, type Field } from "./protobuf.ts";

/** An attribute's value; numbers that are whole are sent as integers unless `double` says otherwise. */
export type AttributeValue = string | number | boolean | readonly string[] | { readonly double: number };
/** By name; what is null or undefined is left out. */
export type Attributes = Readonly<Record<string, AttributeValue | null | undefined>>;

export const SPAN_KINDS = { internal: 1, client: 3 } as const;

/** A span to be. Times in milliseconds since the epoch. */
export interface TelemetrySpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array | null;
  readonly name: string;
  readonly kind: keyof typeof SPAN_KINDS;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

/** An event about a span: a log record with a name. */
export interface TelemetryEvent {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

const STATUS_ERROR = 2;
const SEVERITY_INFO = 9;
const SERVICE = "signalbox";

/**
 * An `ExportTraceServiceRequest` in protobuf (https://opentelemetry.io/docs/specs/otlp/). Field numbers here and below
 * are those of opentelemetry-proto.
 */
export const traceRequest = (spans: readonly TelemetrySpan[]): Uint8Array =>
  bytes(
    1,
    message(
      resource(),
      bytes(
        2,
        message(
          scope(),
          repeated(spans, (span) => bytes(2, encodedSpan(span))),
        ),
      ),
    ),
  );

/** An `ExportLogsServiceRequest` in protobuf. */
export const logsRequest = (events: readonly TelemetryEvent[]): Uint8Array =>
  bytes(
    1,
    message(
      resource(),
      bytes(
        2,
        message(
          scope(),
          repeated(events, (event) => bytes(2, encodedEvent(event))),
        ),
      ),
    ),
  );

const resource = (): Field => bytes(1, attributes(1, { "service.name": SERVICE }));
const scope = (): Field => bytes(1, text(1, SERVICE));

const encodedSpan = (span: TelemetrySpan): Uint8Array =>
  message(
    bytes(1, span.traceId),
    bytes(2, span.spanId),
    span.parentSpanId === null ? message() : bytes(4, span.parentSpanId),
    text(5, span.name),
    int(6, SPAN_KINDS[span.kind]),
    fixed64(7, nanoseconds(span.startMs)),
    fixed64(8, nanoseconds(span.endMs)),
    attributes(9, span.attributes),
    span.failed ? bytes(15, int(3, STATUS_ERROR)) : message(),
  );

const encodedEvent = (event: TelemetryEvent): Uint8Array =>
  message(
    fixed64(1, nanoseconds(event.atMs)),
    int(2, SEVERITY_INFO),
    attributes(6, event.attributes),
    bytes(9, event.traceId),
    bytes(10, event.spanId),
    fixed64(11, nanoseconds(event.atMs)),
    text(12, event.name),
  );

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1_000)) * 1_000n;

function attributes(field: number, values: Attributes): Field {
  const given = Object.entries(values).filter(
    (entry): entry is [string, AttributeValue] => (entry[1] ?? null) !== null,
  );
  return repeated(given, ([name, value]) => bytes(field, message(text(1, name), bytes(2, anyValue(value)))));
}

function anyValue(value: AttributeValue): Uint8Array {
  if (typeof value === "string") return text(1, value);
  if (typeof value === "boolean") return int(2, value ? 1 : 0);
  if (typeof value === "number") return Number.isSafeInteger(value) ? int(3, value) : double(4, value);
  if ("double" in value) return double(4, value.double);
  return bytes(
    5,
    repeated(value, (item) => bytes(1, text(1, item))),
  );
}
