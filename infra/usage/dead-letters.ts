/**
 * Receipts that could not be stored: `DATABASE_URL_JOBS=postgres://… npm run dead-letters` lists how many wait and why;
 * `npm run dead-letters -- replay` tries each of them again. A receipt that is stored already is not stored twice.
 */
import pg from "pg";

/** Letters that one transaction tries. */
const BATCH = 500;

interface Waiting {
  readonly reason: string;
  readonly letters: string;
  readonly oldest: Date;
}

async function main([command = "list", ...rest]: readonly string[]): Promise<void> {
  const url = process.env["DATABASE_URL_JOBS"];
  if (url === undefined || url === "") throw new Error("DATABASE_URL_JOBS is not set");
  if (!["list", "replay"].includes(command) || rest.length > 0) throw new Error("usage: dead-letters [list|replay]");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    if (command === "replay") await replay(client);
    await list(client);
  } finally {
    await client.end();
  }
}

async function replay(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ now: Date }>("SELECT clock_timestamp() AS now");
  const began = rows[0]?.now;
  const sums = { replayed: 0, refused: 0 };
  for (;;) {
    const text = "SELECT replayed, refused FROM signalbox.replay_dead_letters($1, $2)";
    const [batch] = (await client.query<typeof sums>(text, [began, BATCH])).rows;
    if (batch === undefined || batch.replayed + batch.refused === 0) break;
    sums.replayed += batch.replayed;
    sums.refused += batch.refused;
  }
  console.log(`replayed ${String(sums.replayed)}, refused again ${String(sums.refused)}`);
}

async function list(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Waiting>("SELECT reason, letters, oldest FROM signalbox.waiting_dead_letters()");
  if (rows.length === 0) console.log("no dead letters");
  for (const { reason, letters, oldest } of rows) {
    console.log(`${letters} waiting since ${oldest.toISOString()}: ${reason}`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
