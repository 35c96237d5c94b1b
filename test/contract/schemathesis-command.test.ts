import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const ROOT = new URL("../..", import.meta.url).pathname;

/** How the command fails in an environment, and what it says. */
async function failure(env: Readonly<Record<string, string>>): Promise<{ code: number; stderr: string }> {
  const command = run(process.execPath, ["infra/schemathesis/run.ts"], { cwd: ROOT, env });
  return command.then(
    () => ({ code: 0, stderr: "" }),
    (error: unknown) => error as { code: number; stderr: string },
  );
}

it("says how to get schemathesis where there is none, and whose key it wants", async () => {
  const absent = await failure({ SIGNALBOX_KEY: "sbx_dev_secret", SCHEMATHESIS: "./no-such-program", PATH: "" });
  expect(absent.code).toBe(127);
  expect(absent.stderr).toContain("pip install schemathesis");
  expect(absent.stderr).not.toContain("sbx_dev_secret");
  const keyless = await failure({ PATH: "" });
  expect(keyless.code).toBe(2);
  expect(keyless.stderr).toContain("SIGNALBOX_KEY");
});
