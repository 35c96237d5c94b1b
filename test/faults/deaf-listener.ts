import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

const LISTEN = `
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));
`;
/** Milliseconds after which a connection on loopback that does not stand will not. */
const STANDS_MS = 500;

/** A port of a machine that does not answer: connections to it are neither taken nor refused. */
export interface DeafListener {
  readonly port: number;
  stop(): Promise<void>;
}

/** A process that is stopped, behind a backlog that is full: the system drops whatever wants to connect. */
export async function startDeafListener(): Promise<DeafListener> {
  const child = spawn(process.execPath, ["-e", LISTEN], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const port = Number(line);
  child.kill("SIGSTOP");
  const taken: Socket[] = [];
  for (let stands = true; stands;) {
    const socket = connect(port, "127.0.0.1");
    taken.push(socket);
    stands = await Promise.race([
      once(socket, "connect").then(() => true),
      new Promise<boolean>((resolve) => setTimeout(resolve, STANDS_MS, false)),
    ]);
  }
  return {
    port,
    stop: async () => {
      for (const socket of taken) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}
