import type { Unit } from "../../../rollouts/compare-arms.ts";

/** Keeps a number and its unit on one line. */
const GAP = "\u00a0";

/** A value of a measure, for people: shares in percent, times in seconds from one second on. */
export function spoken(value: number, unit: Unit): string {
  switch (unit) {
    case "share":
      return `${round(value * 100)}${GAP}%`;
    case "ms":
      return Math.abs(value) < 1_000 ? `${round(value)}${GAP}ms` : `${round(value / 1_000)}${GAP}s`;
    case "tokens":
      return round(value);
    case "usd":
      return value === 0 ? "$0" : `${value < 0 ? "−" : ""}$${significant(Math.abs(value))}`;
    case "score":
    case "probability":
      return value.toFixed(2).replace("-", "−");
  }
}

/** A difference, with its sign unless it is nothing; of shares in percentage points. */
export function spokenDifference(value: number, unit: Unit): string {
  const text = unit === "share" ? `${round(value * 100)}${GAP}pp` : spoken(value, unit);
  if (!/[1-9]/.test(text)) return text.replace("−", "");
  return value > 0 ? `+${text}` : text;
}

/** At most two places, and none where they say little. */
function round(value: number): string {
  const size = Math.abs(value);
  const places = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return value.toFixed(places).replace("-", "−");
}

const significant = (value: number): string => {
  const places = Math.min(8, Math.max(2, 2 - Math.floor(Math.log10(value))));
  return value.toFixed(places);
};
