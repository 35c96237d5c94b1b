import { DrizzleQueryError } from "drizzle-orm";
import { ServiceError } from "../errors.ts";

/** SQLSTATE classes and codes that say "not now" rather than "not this"; 25006 is a standby's, not yet promoted. */
const UNAVAILABLE = /^(08|28|3D|53|57P|58)|^(57014|55P03|40001|40P01|25P03|25006)$/;

/**
 * A query that PostgreSQL refused. Holds its SQLSTATE and the constraint's name, never the statement, its parameters or
 * the message, which quotes values.
 */
export class QueryFailure extends Error {
  override readonly name = "QueryFailure";
  readonly sqlState: string;
  readonly constraint: string | null;

  constructor(sqlState: string, constraint: string | null) {
    super(`the database refused a query: ${sqlState}${constraint === null ? "" : ` (${constraint})`}`);
    this.sqlState = sqlState;
    this.constraint = constraint;
  }
}

/** What a driver's error is for the rest of the edge: a QueryFailure, or a ServiceError `service_unavailable`. */
export function databaseFailure(error: unknown): QueryFailure | ServiceError {
  const source = error instanceof DrizzleQueryError ? error.cause : error;
  const sqlState = textField(source, "code");
  if (sqlState === null || !/^[0-9A-Z]{5}$/.test(sqlState) || UNAVAILABLE.test(sqlState)) {
    return new ServiceError({ code: "service_unavailable", retryAfterSeconds: 5 });
  }
  return new QueryFailure(sqlState, textField(source, "constraint"));
}

function textField(source: unknown, name: string): string | null {
  const value: unknown = typeof source === "object" && source !== null ? Reflect.get(source, name) : undefined;
  return typeof value === "string" ? value : null;
}
