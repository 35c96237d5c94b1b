import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Who may see a secret in clear text, and when: nobody else can open one, whatever they are handed. */
const OPENED_BY = {
  "edge/completions/open-credential.ts": "for the one call to a provider that carries it",
  "edge/feedback/receive-webhook.ts": "to check the signature of one message",
  "edge/jobs/reseal-credentials.ts": "under an old key of the ring, to seal it under the new one",
  "edge/jobs/reseal-recordings.ts": "under an old key of the ring, to seal it under the new one",
  "edge/management/providers/test-connection.ts": "for the one call that tests it",
  "edge/management/providers/update.ts": "to seal it again when its provider keeps it",
  "edge/recordings/open-recording.ts": "for its owner, who is written into the audit log",
};

it("secrets are opened where they are used and nowhere else", async () => {
  const entries = await readdir(join(ROOT, "edge"), { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  const sources = paths.filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
  const openers = await Promise.all(
    sources.map(async (path) => {
      const imported = /import \{([^}]*)\} from "[^"]*\/secrets\.ts"/.exec(await readFile(path, "utf8"))?.[1] ?? "";
      return /\b(open|resealed)\b/.test(imported) ? [relative(ROOT, path)] : [];
    }),
  );
  expect(openers.flat().toSorted()).toEqual(Object.keys(OPENED_BY).toSorted());
});
