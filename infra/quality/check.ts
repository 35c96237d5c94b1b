/**
 * The one test command: formatting, lint, types, import rules, unused code, then every test layer. Ends with the line
 * `N passed, N failed` (each check counts as one) and a non-zero exit when anything failed.
 */
import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

const ROOT = new URL("../..", import.meta.url).pathname;
const TEST_REPORT = join(ROOT, ".signalbox", "test-report.json");

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const CHECKS: readonly Check[] = [
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "lint", command: ["eslint", "--config", "infra/quality/eslint.config.js", "--max-warnings", "0", "."] },
  { name: "types: contract", command: ["tsc", "-p", "tsconfig.contract.json"] },
  { name: "types: worker", command: ["tsc", "-p", "tsconfig.edge.json"] },
  { name: "types: node", command: ["tsc", "-p", "tsconfig.node.json"] },
  {
    name: "import rules",
    command: ["depcruise", "--config", ".dependency-cruiser.cjs", "edge", "inference", "migrations", "infra", "test"],
  },
  { name: "unused code and dependencies", command: ["knip", "--config", ".knip.json"] },
];

const TESTS = ["vitest", "run", "--config", "test/vitest.config.ts", "--reporter=default", "--reporter=json"];

async function main(): Promise<void> {
  let passed = 0;
  let failed = 0;
  for (const check of CHECKS) {
    const began = performance.now();
    const { code, output } = await run(check.command);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (code === 0) passed += 1;
    else failed += 1;
    console.log(`${code === 0 ? "✓" : "✗"} ${check.name} (${seconds} s)`);
    if (code !== 0) console.log(output);
  }
  const tests = await runTests();
  console.log(`${passed + tests.passed} passed, ${failed + tests.failed} failed`);
  process.exitCode = failed + tests.failed === 0 ? 0 : 1;
}

async function runTests(): Promise<{ passed: number; failed: number }> {
  await mkdir(join(ROOT, ".signalbox"), { recursive: true });
  await rm(TEST_REPORT, { force: true });
  const { code } = await run([...TESTS, `--outputFile.json=${TEST_REPORT}`], "show");
  const report: unknown = await readFile(TEST_REPORT, "utf8")
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => null);
  if (!isReport(report)) return { passed: 0, failed: 1 };
  // A crashed worker or an unhandled rejection fails the run without failing a test.
  const failed = report.numFailedTests === 0 && code !== 0 ? 1 : report.numFailedTests;
  return { passed: report.numPassedTests, failed };
}

function isReport(value: unknown): value is { numPassedTests: number; numFailedTests: number } {
  return typeof value === "object" && value !== null && "numPassedTests" in value && "numFailedTests" in value;
}

function run(
  command: readonly string[],
  output: "collect" | "show" = "collect",
): Promise<{ code: number; output: string }> {
  const [binary = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(join(ROOT, "node_modules", ".bin", binary), args, {
      cwd: ROOT,
      stdio: ["ignore", output === "show" ? "inherit" : "pipe", output === "show" ? "inherit" : "pipe"],
    });
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

await main();
