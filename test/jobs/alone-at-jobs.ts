import type pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { connect } from "../database/connect.ts";

/** Milliseconds that other files may take with their jobs. */
const WAIT_MS = 120_000;

/** Waits until no other test file runs jobs, which would do each other's work; holds as long as the connection. */
export async function aloneAtJobs(admin: pg.Client): Promise<void> {
  await admin.query("select pg_advisory_lock(hashtext('jobs'))");
}

/** Keeps a whole file alone at jobs. Gives the administrator's connection, which holds the place. */
export function useJobsAlone(): () => pg.Client {
  let admin: pg.Client | null = null;
  beforeAll(async () => {
    admin = await connect("admin");
    await aloneAtJobs(admin);
  }, WAIT_MS);
  afterAll(() => admin?.end());
  return () => {
    if (admin === null) throw new Error("not connected yet");
    return admin;
  };
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
