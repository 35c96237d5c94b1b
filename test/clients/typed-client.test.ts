import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { mintTenant } from "../stack/tenant.ts";

const run = promisify(execFile);
const ROOT = new URL("../..", import.meta.url).pathname;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-client-"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  const out = join(folder, "client");
  await run(process.execPath, ["infra/client/generate.ts", "--url", stack().baseUrl, "--out", out], { cwd: ROOT });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What tsc says of a program beside the generated client; its JavaScript lands in `built`. */
async function compile(name: string, program: string): Promise<string> {
  await writeFile(join(folder, `${name}.ts`), program);
  const options = ["--strict", "--target", "es2024", "--module", "nodenext", "--lib", "es2024,dom,dom.iterable"];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return run(process.execPath, [tsc, ...options, "--outDir", "built", `${name}.ts`], {
    cwd: folder,
  }).then(
    () => "",
    (error: unknown) => (error as { stdout: string }).stdout,
  );
}

const PROGRAM = `
import { createClient } from "./client/client/index.js";
import * as signalbox from "./client/index.js";

declare const process: { argv: string[] };
const [, , baseUrl = "", auth = ""] = process.argv;
const client = createClient({ baseUrl, auth });

const created = await signalbox.postApiV1Routers({ client, body: { slug: "typed" } });
const again = await signalbox.postApiV1Routers({ client, body: { slug: "typed" } });
const { data: page } = await signalbox.getApiV1Routers({ client, query: { limit: 10 } });
const slugs: string[] = page?.data.map(({ slug }) => slug) ?? [];
console.log(JSON.stringify({ status: created.response?.status, code: again.error?.code, slugs }));
`;

describe("the generated client", () => {
  it("compiles under strict rules and works against the API it was made from, errors typed too", async () => {
    expect(await compile("program", PROGRAM)).toBe("");
    const { adminKey } = await mintTenant();
    const { stdout } = await run(process.execPath, [join(folder, "built/program.js"), stack().baseUrl, adminKey]);
    expect(JSON.parse(stdout)).toEqual({ status: 201, code: "conflict", slugs: ["typed"] });
  });

  it("lets the compiler find a field of the wrong type", async () => {
    const wrong = PROGRAM.replace('{ slug: "typed" } });\nconst again', "{ slug: 7 } });\nconst again");
    expect(await compile("wrong", wrong)).toMatch(/wrong\.ts\(9,\d+\): error TS2322: Type 'number'/);
  });

  it("is not written when nothing answers, and the command says so", async () => {
    const options = ["infra/client/generate.ts", "--url", "http://127.0.0.1:2", "--out", join(folder, "none")];
    const refused = run(process.execPath, options, { cwd: ROOT });
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^no client: /) });
  });
});
