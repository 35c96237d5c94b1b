/**
 * Brings a database to the state of the files in this folder: `DATABASE_URL=postgres://owner@host/db npm run migrate`.
 * The login owns the database (or is a superuser) and is not behind a transaction pooler. Passwords of the logins come
 * from SIGNALBOX_API_PASSWORD, SIGNALBOX_EDGE_PASSWORD and SIGNALBOX_JOBS_PASSWORD where these are set.
 */
import { MigrationError } from "./history.ts";
import { LOGIN_ROLES, migrate, type LoginPasswords } from "./run-migrations.ts";

function passwordsOf(environment: NodeJS.ProcessEnv): LoginPasswords {
  const passwords: LoginPasswords = {};
  for (const role of LOGIN_ROLES) {
    const password = environment[`${role.toUpperCase()}_PASSWORD`];
    if (password !== undefined && password !== "") passwords[role] = password;
  }
  return passwords;
}

async function main(): Promise<void> {
  const databaseUrl = process.env["DATABASE_URL"];
  if (databaseUrl === undefined || databaseUrl === "") throw new MigrationError("DATABASE_URL is not set");
  const ran = await migrate({ databaseUrl, passwords: passwordsOf(process.env) });
  console.log(ran.length === 0 ? "nothing to migrate" : `migrated: ${ran.join(", ")}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
