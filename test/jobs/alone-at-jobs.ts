import type pg from "pg";

/** Waits until no other test file runs jobs, which would do each other's work; holds as long as the connection. */
export async function aloneAtJobs(admin: pg.Client): Promise<void> {
  await admin.query("select pg_advisory_lock(hashtext('jobs'))");
}

/** Does `work` while no test runs jobs, which change rows of every tenant. */
export async function whileNoJobsRun(admin: pg.Client, work: () => Promise<void>): Promise<void> {
  await aloneAtJobs(admin);
  try {
    await work();
  } finally {
    await admin.query("select pg_advisory_unlock(hashtext('jobs'))");
  }
}
