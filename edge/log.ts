export type LogLevel = "debug" | "info" | "warn" | "error";

/** Values a log line may hold. Never prompts, keys or credentials: callers pass ids, codes and numbers. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** One JSON line; Workers and workerd collect the console. */
export const logToConsole: Log = (level, event, fields = {}) => {
  console[level](JSON.stringify({ level, event, ...fields }));
};
