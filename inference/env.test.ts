import { expect, test } from "vitest";
import { parseEnv } from "./env.ts";

const TOKENS = { SERVICE_TOKENS: "0123456789abcdef,fedcba9876543210" };
const noFile = (): string => {
  throw new Error("no such file");
};

const deployment = { name: "arch", baseUrls: ["http://gpu:8000"], model: "arch", format: "arch-router-v1" };

test("two tokens, loopback and the embedded engine need nothing else", () => {
  const env = parseEnv(TOKENS, noFile);
  expect(env).toMatchObject({ HOST: "127.0.0.1", DEFAULT_ENGINE: "embedded", ENGINES: [] });
  expect(env.SERVICE_TOKENS).toHaveLength(2);
});

test.each([
  ["SERVICE_TOKENS", {}],
  ["SERVICE_TOKENS[0]", { SERVICE_TOKENS: "short" }],
  ["SERVICE_TOKENS", { SERVICE_TOKENS: "0123456789abcdef,0123456789abcdeg,0123456789abcdeh" }],
  ["PORT", { ...TOKENS, PORT: "http" }],
  ["ENGINES", { ...TOKENS, ENGINES: "{not json" }],
  ["ENGINES", { ...TOKENS, ENGINES: JSON.stringify([deployment, deployment]) }],
  ["ENGINES", { ...TOKENS, ENGINES: JSON.stringify([{ kind: "cascade", name: "both", second: "arch" }]) }],
  ["ENGINES", { ...TOKENS, ENGINES: JSON.stringify([{ kind: "cascade", name: "both", second: "embedded" }]) }],
  ["ENGINES[0].name", { ...TOKENS, ENGINES: JSON.stringify([{ ...deployment, name: "embedded" }]) }],
  ["ENGINES[0].name", { ...TOKENS, ENGINES: JSON.stringify([{ kind: "embedded", name: "embedded" }]) }],
  ["ENGINES[0].format", { ...TOKENS, ENGINES: JSON.stringify([{ ...deployment, format: "unheard-of" }]) }],
  ["ENGINES[0].kind", { ...TOKENS, ENGINES: JSON.stringify([{ ...deployment, kind: "oracle" }]) }],
  ["ENGINES[0].directory", { ...TOKENS, ENGINES: JSON.stringify([{ kind: "embedded", name: "next", directory: "" }]) }],
  [
    "ENGINES[0].baseUrls[1], ENGINES[1].concurency",
    {
      ...TOKENS,
      ENGINES: JSON.stringify([
        { ...deployment, baseUrls: ["http://gpu:8000", "gpu:8000"] },
        { kind: "embedded", name: "next", concurency: 2 },
      ]),
    },
  ],
  ["ENGINES_FILE", { ...TOKENS, ENGINES_FILE: "/nowhere" }],
  ["CALIBRATION.embedded.otherbias", { ...TOKENS, CALIBRATION: '{"embedded":{"otherbias":1}}' }],
  ["CALIBRATION.embedded.temperature", { ...TOKENS, CALIBRATION: '{"embedded":{"temperature":0}}' }],
  ["DEFAULT_ENGINE", { ...TOKENS, DEFAULT_ENGINE: "arch" }],
])("a wrong %s stops the start and is named", (name, variables) => {
  expect(() => parseEnv(variables, noFile)).toThrow(new Error(`missing or invalid configuration: ${name}`));
});

test("what is wrong is named without its value", () => {
  expect(() => parseEnv({ SERVICE_TOKENS: "hush", PORT: "-1" }, noFile)).toThrow(
    /^missing or invalid configuration: PORT, SERVICE_TOKENS\[0\]$/,
  );
});

test("decision models and cascades stand beside generative routers", () => {
  const jev = { kind: "decisions", name: "jev", provider: "typesafe", baseUrls: ["https://jev.test"], model: "jev" };
  const both = { kind: "cascade", name: "both", second: "jev" };
  const env = parseEnv({ ...TOKENS, ENGINES: JSON.stringify([both, deployment, jev]), DEFAULT_ENGINE: "both" }, noFile);
  expect(env.ENGINES).toMatchObject([{ first: "embedded", escalateBelow: 0.5 }, { kind: "vllm" }, { concurrency: 32 }]);
});

test("other versions of the embedded model stand beside it, and in cascades", () => {
  const next = { kind: "embedded", name: "embedded-next", directory: "/models/next" };
  const both = { kind: "cascade", name: "both", first: "embedded-next", second: "arch" };
  const env = parseEnv({ ...TOKENS, ENGINES: JSON.stringify([both, deployment, next]) }, noFile);
  expect(env.ENGINES).toMatchObject([{ first: "embedded-next" }, { kind: "vllm" }, { concurrency: 4, threads: 1 }]);
});

test("engines and calibration may come from files", () => {
  const files: Record<string, string> = {
    "/engines.json": JSON.stringify([deployment]),
    "/calibration.json": '{"arch":{"temperature":1.5}}',
  };
  const env = parseEnv(
    { ...TOKENS, ENGINES_FILE: "/engines.json", CALIBRATION_FILE: "/calibration.json", DEFAULT_ENGINE: "arch" },
    (path) => files[path] ?? noFile(),
  );
  expect(env.ENGINES[0]).toMatchObject({ name: "arch", concurrency: 32 });
  expect(env.CALIBRATION["arch"]).toEqual({ temperature: 1.5, otherBias: 0 });
});
