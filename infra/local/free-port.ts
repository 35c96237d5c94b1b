import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

const HOST = "127.0.0.1";

/** A TCP port of loopback that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
