import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

const HOST = "127.0.0.1";

/** A TCP port of loopback that nothing listens on at the moment. */
export function freePort(): Promise<number> {
  return assertFree(0);
}

/** Gives `port` back when nothing listens on it (for 0: a free one). Throws with a sentence for people when it is taken. */
export async function assertFree(port: number): Promise<number> {
  const server = createServer().listen(port, HOST);
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new Error(`port ${port} of ${HOST} is taken (${code})`, { cause: error });
  }
  const bound = (server.address() as AddressInfo).port;
  server.close();
  await once(server, "close");
  return bound;
}
