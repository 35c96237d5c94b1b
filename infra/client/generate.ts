/**
 * `npm run client [-- --url http://127.0.0.1:8787] [--out folder]`: a typed TypeScript client of a running deployment,
 * generated from its OpenAPI document. It needs nothing but `fetch`.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createClient } from "@hey-api/openapi-ts";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8787" },
    out: { type: "string", default: ".signalbox/client" },
  },
});
const out = resolve(values.out);

try {
  const answer = await fetch(new URL("/openapi.json", values.url));
  if (!answer.ok) throw new Error(`${answer.url} answered ${String(answer.status)}`);
  const document = (await answer.json()) as Record<string, unknown>;
  await createClient({
    input: document,
    output: { path: out },
    plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
    logs: { level: "warn", file: false },
  });
  process.stdout.write(`client of ${values.url} written to ${out}\n`);
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  process.stderr.write(`no client: ${error instanceof Error ? error.message : String(error)}${cause}\n`);
  process.exitCode = 1;
}
