import type { Deps } from "../../deps.ts";

interface Asking<Answer> {
  /** Null from a server that has none to give. `signal` aborts when another one has answered. */
  readonly ask: (baseUrl: string, signal: AbortSignal) => Promise<Answer | null>;
  /** How long the server asked last may say nothing before the next one is asked beside it. */
  readonly silenceMs: number;
}

/** The answer of the server that gives one first, asked in this order and no more of them than it takes; null when none does. */
export function firstAnswer<Answer>(
  baseUrls: readonly string[],
  { ask, silenceMs }: Asking<Answer>,
  { schedule }: Pick<Deps, "schedule">,
): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const waiting = [...baseUrls];
    const answered = new AbortController();
    let running = 0;
    let callOff = (): void => undefined;
    const askNext = (): void => {
      callOff();
      const baseUrl = waiting.shift();
      if (baseUrl === undefined) {
        if (running === 0) resolve(null);
        return;
      }
      running += 1;
      callOff = schedule(silenceMs, askNext);
      ask(baseUrl, answered.signal).then((answer) => {
        running -= 1;
        if (answered.signal.aborted) return;
        if (answer === null) {
          askNext();
          return;
        }
        callOff();
        resolve(answer);
        answered.abort();
      }, reject);
    };
    askNext();
  });
}
