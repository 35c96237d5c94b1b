/**
 * `npm run fuzz [-- --cases 1000000 --seed 7 --only "key parser"]`: the properties of the tests over a million generated
 * cases, meant for every night. Prints cases and seconds, and for what fails the smallest failing case and what repeats
 * it; exits 1 then. The seed is another one each time unless given.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { PROPERTIES } from "./properties.ts";

const DEFAULT_CASES = 1_000_000;
const LONGEST_CASE = 4_000;

async function main(): Promise<void> {
  const options = {
    cases: { type: "string" },
    seed: { type: "string" },
    path: { type: "string" },
    only: { type: "string" },
  } as const;
  const { values } = parseArgs({ options });
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  const chosen = PROPERTIES.filter(({ name }) => name.includes(values.only ?? ""));
  const cases = Number(values.cases ?? DEFAULT_CASES);
  if (!Number.isSafeInteger(cases) || !Number.isSafeInteger(seed) || cases < 1 || chosen.length === 0) {
    throw new Error("--cases and --seed are whole numbers, and --only is part of a property's name");
  }
  const each = Math.ceil(cases / chosen.length);
  const began = performance.now();
  let run = 0;
  let failed = 0;
  console.log(`seed ${seed}, ${each} cases of each of ${chosen.length} properties`);
  for (const { name, property } of chosen) {
    const started = performance.now();
    const path = values.path === undefined ? {} : { path: values.path };
    const result = await fc.check(property as fc.IAsyncProperty<unknown>, { seed, numRuns: each, ...path });
    run += result.numRuns;
    if (result.failed) failed += 1;
    console.log(`${result.failed ? "✗" : "✓"} ${name}: ${result.numRuns} cases, ${secondsSince(started)} s`);
    if (result.failed) console.log(told(name, result));
  }
  console.log(`${run} cases, ${secondsSince(began)} s, ${failed} of ${chosen.length} properties failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function told(
  name: string,
  { counterexample, counterexamplePath, errorInstance, seed }: fc.RunDetails<unknown>,
): string {
  const smallest = fc.stringify(counterexample).slice(0, LONGEST_CASE);
  const error = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  const again = `npm run fuzz -- --only ${JSON.stringify(name)} --seed ${seed} --path ${counterexamplePath ?? ""}`;
  return `  smallest case: ${smallest}\n  ${error.split("\n").slice(0, 8).join("\n  ")}\n  again: ${again}`;
}

const secondsSince = (instant: number): string => ((performance.now() - instant) / 1000).toFixed(1);

await main();
