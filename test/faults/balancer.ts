import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const LOOK_MS = 20;

interface Target {
  readonly url: string;
  readonly port: number;
  ready: boolean;
}

/**
 * What stands before the replicas of a deployment: hands each new connection to one whose `/readyz` says that it is ready,
 * as a Kubernetes service does. It knows nothing of what runs on a connection.
 */
export class Balancer {
  readonly #server: Server;
  readonly #looking = new AbortController();
  #targets: Target[] = [];
  #next = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Balancer> {
    const server = createServer((client) => {
      const target = balancer.#pick();
      if (target === undefined) return void client.resetAndDestroy();
      const behind = connect(target.port, "127.0.0.1");
      client.pipe(behind).pipe(client);
      client.on("error", () => behind.destroy());
      behind.on("error", () => client.resetAndDestroy());
    });
    const balancer = new Balancer(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Hands connections to a replica from when it is ready; settles then. */
  async add(url: string): Promise<void> {
    const target: Target = { url, port: Number(new URL(url).port), ready: false };
    this.#targets.push(target);
    void this.#watch(target);
    while (!target.ready) await pause(LOOK_MS);
  }

  close(): void {
    this.#looking.abort();
    this.#targets = [];
    this.#server.close();
  }

  #pick(): Target | undefined {
    const ready = this.#targets.filter((target) => target.ready);
    this.#next += 1;
    return ready[this.#next % Math.max(1, ready.length)];
  }

  async #watch(target: Target): Promise<void> {
    while (!this.#looking.signal.aborted) {
      target.ready = await fetch(`${target.url}/readyz`, { headers: { connection: "close" } }).then(
        (response) => response.ok,
        () => false,
      );
      await pause(LOOK_MS);
    }
  }
}
