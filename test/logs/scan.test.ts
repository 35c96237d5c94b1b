import { describe, expect, it } from "vitest";
import { mintApiKey } from "../../edge/tenancy/api-key.ts";
import { leaksIn } from "./scan.ts";

const { token, displayPrefix } = mintApiKey("live", () => 0.3);
const linesOf = (log: string, forbidden: readonly string[] = []): number[] =>
  leaksIn(log, forbidden).map(({ line }) => line);

describe("the scan of logs", () => {
  it("finds a key wherever it stands in a line, and not its displayed prefix", () => {
    expect(linesOf(`{"a":1}\n{"header":"Bearer ${token}"}\nx${token}y`)).toEqual([2, 3]);
    expect(linesOf(`{"prefix":"${displayPrefix}"}`)).toEqual([]);
  });

  it("finds what was said as it is, and as JSON writes it", () => {
    const said = ['my "secret" plan\nfor tomorrow', "sk-canary-0123456789"];
    expect(linesOf(`ok\n${JSON.stringify({ error: `could not read ${said[0]!}` })}`, said)).toEqual([2]);
    expect(linesOf("request failed: sk-canary-0123456789.", said)).toEqual([1]);
    expect(linesOf("sk-canary-0000000000 my secret plan for tomorrow", said)).toEqual([]);
  });

  it("tells no more of a find than its beginning", () => {
    const [leak] = leaksIn("sk-canary-0123456789", ["sk-canary-0123456789"]);
    expect(leak?.hint).toBe("sk-canary-…");
  });
});
