import otlp from "@opentelemetry/otlp-transformer/build/src/generated/root.js";

type Value = string | bigint | number | boolean | Value[];

interface Decoded {
  readonly toString: () => string;
}
interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: Decoded;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
}
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
interface Scoped {
  readonly scope: { readonly name: string };
}
interface Resource {
  readonly resource: { readonly attributes: readonly KeyValue[] };
}
interface Span {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array | null;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: Decoded;
  readonly endTimeUnixNano: Decoded;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code: number } | null;
}
interface LogRecord {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly eventName: string;
  readonly timeUnixNano: Decoded;
  readonly attributes: readonly KeyValue[];
}
interface Traces {
  readonly resourceSpans: readonly (Resource & { readonly scopeSpans: readonly (Scoped & { spans: Span[] })[] })[];
}
interface Logs {
  readonly resourceLogs: readonly (Resource & {
    readonly scopeLogs: readonly (Scoped & { logRecords: LogRecord[] })[];
  })[];
}
interface Collector {
  readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: { decode(bytes: Uint8Array): Traces } } };
  readonly logs: { readonly v1: { readonly ExportLogsServiceRequest: { decode(bytes: Uint8Array): Logs } } };
}

/** The messages that the official `.proto` files compile to. */
const { trace, logs } = (otlp as { opentelemetry: { proto: { collector: Collector } } }).opentelemetry.proto.collector;

/** What was left out decodes to null. */
const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString("hex");
const integer = (value: Decoded): bigint => BigInt(value.toString());

function valueOf(value: AnyValue): Value {
  if (typeof value.stringValue === "string") return value.stringValue;
  if (typeof value.boolValue === "boolean") return value.boolValue;
  if (typeof value.doubleValue === "number") return value.doubleValue;
  if (value.arrayValue) return value.arrayValue.values.map(valueOf);
  return integer(value.intValue ?? { toString: () => "NaN" });
}

const attributesOf = (attributes: readonly KeyValue[]): Record<string, Value> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));

/** An `ExportTraceServiceRequest` of one resource and scope. */
export function decodeTraces(body: Uint8Array) {
  const [{ resource, scopeSpans }] = trace.v1.ExportTraceServiceRequest.decode(body).resourceSpans as [
    Traces["resourceSpans"][number],
  ];
  return {
    resource: attributesOf(resource.attributes),
    scope: scopeSpans[0]?.scope.name,
    spans: scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        name: span.name,
        kind: span.kind,
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        start: integer(span.startTimeUnixNano),
        end: integer(span.endTimeUnixNano),
        status: span.status?.code ?? null,
        attributes: attributesOf(span.attributes),
      })),
  };
}

/** An `ExportLogsServiceRequest`. */
export function decodeLogs(body: Uint8Array) {
  const { resourceLogs } = logs.v1.ExportLogsServiceRequest.decode(body);
  const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords);
  return {
    events: records.map((record) => ({
      name: record.eventName,
      traceId: hex(record.traceId),
      spanId: hex(record.spanId),
      time: integer(record.timeUnixNano),
      attributes: attributesOf(record.attributes),
    })),
  };
}
