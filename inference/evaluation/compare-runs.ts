/**
 * `npm run eval:agreement -- <answers.jsonl> <answers.jsonl>`: whether two runs of `npm run eval -- --out` made the
 * same choices, say on two machines. Both must be of one engine version.
 */
import { parseArgs } from "node:util";
import { agreement } from "./agreement.ts";
import { readAnswers } from "./answer-file.ts";
import { printChoice } from "./choice.ts";

const SHOWN = 20;

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [left, right, ...more] = positionals;
  if (left === undefined || right === undefined || more.length > 0) throw new Error("two answer files are needed");
  const [ours, theirs] = await Promise.all([readAnswers(left), readAnswers(right)]);
  if (ours.engine !== theirs.engine) {
    throw new Error(`${left} holds answers of ${ours.engine}, ${right} of ${theirs.engine}`);
  }
  const { turns, same, largestConfidenceGap, differing } = agreement(ours.answers, theirs.answers);
  const lines = [
    `${ours.engine}, ${String(turns)} turns: ${(100 * same).toFixed(2)} % the same choice,`,
    `confidence of these differs by ${largestConfidenceGap.toFixed(4)} at most`,
    ...differing
      .slice(0, SHOWN)
      .map(({ id, turn, choices }) => `  ${id} user turn ${turn + 1}: ${choices.map(printChoice).join(" | ")}`),
    ...(differing.length > SHOWN ? [`  and ${String(differing.length - SHOWN)} more`] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
