import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintApiKey } from "../../edge/tenancy/api-key.ts";
import { stack } from "../stack/provided.ts";
import { mintTenant } from "../stack/tenant.ts";

/** The program that the reference page gives to scanners, as it stands there. */
interface Documented {
  readonly CANDIDATES: RegExp;
  readonly isKey: (candidate: string) => boolean;
}

describe("the key format that the reference page documents", () => {
  let folder: string;
  let documented: Documented;

  beforeAll(async () => {
    const page = await (await fetch(`${stack().baseUrl}/docs`)).text();
    const section = /<section id="key-format">[\s\S]*?<pre><code>([\s\S]*?)<\/code><\/pre>/.exec(page)?.[1] ?? "";
    const program = section.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
    folder = await mkdtemp(join(tmpdir(), "signalbox-key-format-"));
    const file = join(folder, "documented.mjs");
    await writeFile(file, program);
    documented = (await import(pathToFileURL(file).href)) as Documented;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const foundIn = (text: string): string[] =>
    [...text.matchAll(documented.CANDIDATES)].map(([key]) => key).filter(documented.isKey);

  it("finds every key that was just minted, wherever it leaked to", async () => {
    const tenant = await mintTenant();
    const { body } = await tenant.api("/keys", { body: { name: "leaky", scopes: ["inference"] } });
    const rotated = await tenant.api(`/keys/${String(body.id)}/rotate`, { body: { overlap_seconds: 60 } });
    const minted = ["live", "dev", "op", "staging"].flatMap((environment) =>
      Array.from({ length: 50 }, () => mintApiKey(environment, Math.random).token),
    );
    const keys = [stack().operatorKey, tenant.adminKey, body.token, rotated.body.token, ...minted] as string[];
    expect(new Set(keys).size).toBe(204);
    for (const key of keys) {
      for (const text of [key, `KEY="${key}"`, `Authorization: Bearer ${key}\r\n`, `https://x.test/?key=${key}&a=1`]) {
        expect(foundIn(text)).toEqual([key]);
      }
    }
    expect(foundIn(keys.join("\n"))).toEqual(keys);
  });

  it("takes no near miss for a key", () => {
    for (let time = 0; time < 50; time += 1) {
      const key = mintApiKey("live", Math.random).token;
      const swapped = key.slice(0, 12) + (key.charAt(12) === "a" ? "b" : "a") + key.slice(13);
      const misses = [
        swapped,
        key.slice(0, -1),
        `${key}0`,
        `x${key}`,
        `${key}_`,
        key.toUpperCase(),
        key.replace("live", "dev"),
        key.replace("live", "l"),
        key.replace("live", "productive"),
        key.replaceAll("_", "-"),
        key.slice(0, -6),
        key.replace("sbx", "sk"),
      ];
      for (const miss of misses) expect(foundIn(miss), miss).toEqual([]);
    }
  });
});
