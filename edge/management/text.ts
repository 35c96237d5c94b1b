import { z } from "zod";

const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** One line of text for people: no control characters, not blank, no white space at its ends. */
export const lineSchema = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => !CONTROL_CHARACTERS.test(text) && text.isWellFormed(), "must not hold control characters")
    .refine((text) => text === text.trim(), "must not be blank, begin or end with white space");

/** An instant that a caller gives, as ISO 8601 in UTC; the years are ones that every part of the system can hold. */
export const instantInputSchema = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= "1970-01-02" && text < "3000", "must lie between the years 1970 and 3000")
  .transform((text) => new Date(text).toISOString());

/** Instants in answers: ISO 8601, UTC. */
export const instantSchema = z.iso.datetime();

/** ISO 8601 of a PostgreSQL timestamptz in its text form (`2026-11-25 10:00:00.5+00`) or any other form of an instant. */
export function iso(instant: string): string {
  const [, date = "", time = "", zone = ""] = /^(\S+)[ T]([\d:.]+?)(Z|[+-]\d\d(?::?\d\d)?)$/.exec(instant) ?? [];
  return new Date(`${date}T${time}${zone.length === 3 ? `${zone}:00` : zone}`).toISOString();
}

export const isoOrNull = (instant: string | null): string | null => (instant === null ? null : iso(instant));
