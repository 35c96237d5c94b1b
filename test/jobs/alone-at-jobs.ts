import type pg from "pg";

/** Waits until no other test file runs jobs, which would do each other's work; holds as long as the connection. */
export async function aloneAtJobs(admin: pg.Client): Promise<void> {
  await admin.query("select pg_advisory_lock(hashtext('jobs'))");
}
