import { createHash } from "node:crypto";

export interface MigrationFile {
  /** File name, `0001_name.sql`. */
  readonly name: string;
  readonly sql: string;
}

export interface AppliedMigration {
  readonly position: number;
  readonly name: string;
  readonly sha256: string;
}

export interface PlannedMigration extends MigrationFile {
  readonly position: number;
  readonly sha256: string;
}

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** Why the files and the database's history do not fit together. The message names the file. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/**
 * The migrations still to run, in order. Throws a MigrationError when a file is misnamed, missing from the sequence or
 * edited since it ran, or when the database has run one that is not among the files.
 */
export function planMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): PlannedMigration[] {
  const planned = [...files].sort((a, b) => (a.name < b.name ? -1 : 1)).map(place);
  for (const done of applied) {
    const file = planned[done.position - 1];
    if (file === undefined) throw new MigrationError(`${done.name} has run here but is not among the files`);
    if (file.name !== done.name) throw new MigrationError(`${file.name} stands where ${done.name} has already run`);
    if (file.sha256 !== done.sha256) throw new MigrationError(`${file.name} was edited after it ran`);
  }
  return planned.slice(applied.length);
}

function place(file: MigrationFile, index: number): PlannedMigration {
  const position = index + 1;
  const number = FILE_NAME.exec(file.name)?.[1];
  if (number === undefined) throw new MigrationError(`${file.name} is not named like 0001_what_it_does.sql`);
  if (Number(number) !== position) {
    throw new MigrationError(`${file.name} is out of order: number ${String(position).padStart(4, "0")} comes here`);
  }
  // Line endings are git's business, not a change of the migration.
  const sha256 = createHash("sha256").update(file.sql.replaceAll("\r\n", "\n")).digest("hex");
  return { ...file, position, sha256 };
}
