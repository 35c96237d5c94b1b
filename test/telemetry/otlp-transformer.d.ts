declare module "@opentelemetry/otlp-transformer/build/src/generated/root.js" {
  const root: unknown;
  export default root;
}
