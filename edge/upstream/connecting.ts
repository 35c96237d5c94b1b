import type { Sleep } from "../sleep.ts";
import { within } from "../within.ts";
import type { SilenceListener } from "./watchdog.ts";

interface Connection {
  readonly opened: Promise<unknown>;
  close(): Promise<void>;
}

/** Begins a TCP connection to `host:port`, by the network that providers are called through. */
export type Dial = (address: string) => Promise<Connection>;

interface ConnectingDeps {
  readonly dial: Dial;
  readonly sleep: Sleep;
}

/**
 * The beginning of a call: whether it has a connection at all. `fetch` does not tell, so when nothing has come for
 * `limitMs`, another connection to the same address is tried; if that does not stand within `limitMs` either, the call
 * is given up. An address that refuses, or that may not be tried here, says nothing about the call's own connection.
 */
export class Connecting implements SilenceListener {
  readonly everyMs: number;
  readonly #deps: ConnectingDeps;
  readonly #baseUrl: string | null;
  readonly #giveUp: () => void;
  #over = false;
  #tried = false;
  #failed = false;

  constructor(deps: ConnectingDeps, baseUrl: string | null, limitMs: number, giveUp: () => void) {
    this.everyMs = limitMs;
    this.#deps = deps;
    this.#baseUrl = baseUrl;
    this.#giveUp = giveUp;
  }

  /** The call was given up because its address takes no connections. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The provider has answered, or the call has ended otherwise. */
  over(): void {
    this.#over = true;
  }

  onSilence(): void {
    if (this.#over || this.#tried || this.#baseUrl === null) return;
    this.#tried = true;
    void this.#try(this.#baseUrl);
  }

  async #try(baseUrl: string): Promise<void> {
    if ((await takesConnections(this.#deps, addressOf(baseUrl), this.everyMs)) || this.#over) return;
    this.#failed = true;
    this.#giveUp();
  }
}

async function takesConnections({ dial, sleep }: ConnectingDeps, address: string, limitMs: number): Promise<boolean> {
  let connection: Connection | null = null;
  const open = async (): Promise<void> => {
    connection = await dial(address);
    await connection.opened;
  };
  try {
    return (await within(sleep, limitMs, open)) !== "late";
  } catch {
    return true;
  } finally {
    void (connection as Connection | null)?.close().catch(() => undefined);
  }
}

function addressOf(baseUrl: string): string {
  const { hostname, port, protocol } = new URL(baseUrl);
  return `${hostname}:${port === "" ? (protocol === "https:" ? "443" : "80") : port}`;
}
