import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * What the machine behind it looks like from here: as it is, silent (takes connections and bytes, and says nothing),
 * refusing connections, or slow to hand anything on.
 */
export type TcpMode = "pass" | "silent" | "refuse" | { readonly delayMs: number };

/** Stands on the wire before a server, whatever protocol it speaks. */
export class TcpProxy {
  readonly #target: { host: string; port: number };
  readonly #open = new Set<Socket>();
  readonly #outgoing = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #mode: TcpMode = "pass";

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  static async before(target: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(target);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) });
    await proxy.#listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  /** Ports that the server behind sees its clients at. */
  get clientPorts(): number[] {
    return [...this.#outgoing].map(({ localPort }) => localPort ?? 0);
  }

  async become(mode: TcpMode): Promise<void> {
    this.#mode = mode;
    if (mode === "refuse") await this.#close();
    else if (this.#server === null) await this.#listen();
  }

  /** Breaks every connection that stands, with a reset. */
  reset(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    await this.#close();
  }

  async #listen(): Promise<void> {
    const server = createServer((client) => this.#carry(client));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    this.reset();
    await closed;
  }

  #carry(client: Socket): void {
    const server = connect(this.#target);
    this.#outgoing.add(server);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(from);
      from.on("data", (bytes) => this.#handOn(bytes, to));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#open.delete(from);
        this.#outgoing.delete(from);
        to.destroy();
      });
    }
  }

  #handOn(bytes: Buffer, to: Socket): void {
    const mode = this.#mode;
    if (mode === "silent") return;
    if (typeof mode === "string") to.write(bytes);
    else setTimeout(() => to.write(bytes), mode.delayMs);
  }
}
