import { DatabaseError } from "pg";

/** The fields that the driver copies onto its own error. */
const FIELDS = [
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "where",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const;

/** 400 with PostgreSQL's own fields when it refused; 503 when it could not be asked. */
export function errorAnswer(error: unknown): { status: number; body: Record<string, unknown>; code: string } {
  if (error instanceof DatabaseError) {
    const fields = Object.fromEntries(FIELDS.map((name) => [name, error[name]]));
    return { status: 400, body: { message: error.message, ...fields }, code: error.code ?? "unknown" };
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return { status: 503, body: { message: `cannot reach the database (${code})` }, code };
}
