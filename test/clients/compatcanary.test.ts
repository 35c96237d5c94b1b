import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { demoTenant } from "./demo-tenant.ts";

const require = createRequire(import.meta.url);
const CLI = join(dirname(require.resolve("compatcanary")), "cli.js");

describe("compatcanary's chat profile", () => {
  it("finds nothing to complain about on the routed model", async () => {
    const { baseUrl, inferenceKey } = await demoTenant();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        CLI,
        "scan",
        "--base-url",
        `${baseUrl}/v1`,
        "--model",
        "auto",
        "--profile",
        "chat",
        "--format",
        "json",
        "--fail-on",
        "never",
      ],
      { env: { ...process.env, OPENAI_API_KEY: inferenceKey } },
    );
    const report = JSON.parse(stdout) as { results: { id: string; status: string; summary: string }[] };
    expect(report.results.length).toBeGreaterThanOrEqual(5);
    expect(report.results.filter((result) => result.status !== "pass")).toEqual([]);
  });
});
