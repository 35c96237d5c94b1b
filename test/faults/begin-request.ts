import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Sends a chat request whole, on a connection of its own, and leaves its answer and its connection to the test. */
export async function beginRequest(
  baseUrl: string,
  key: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const text = JSON.stringify(body);
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    `host: ${hostname}`,
    `authorization: Bearer ${key}`,
    "content-type: application/json",
    `content-length: ${String(Buffer.byteLength(text))}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  await new Promise<void>((resolve) => socket.write(`${head.join("\r\n")}\r\n\r\n${text}`, () => resolve()));
  return socket;
}
