import { customType, pgSchema, timestamp } from "drizzle-orm/pg-core";

export const signalbox = pgSchema("signalbox");

/** An instant, in PostgreSQL's own words. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "string" });

/** A day, `YYYY-MM-DD`. */
export const day = customType<{ data: string }>({ dataType: () => "date" });
