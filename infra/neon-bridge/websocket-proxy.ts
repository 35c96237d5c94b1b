import { connect } from "node:net";
import { WebSocket, type RawData } from "ws";
import type { BridgeTarget } from "./target.ts";

const HIGH_WATER_BYTES = 1024 * 1024;

/** Carries PostgreSQL's wire protocol between a WebSocket and a TCP connection, both ways, until either side ends. */
export function proxyToPostgres(target: BridgeTarget, webSocket: WebSocket, ended: () => void): void {
  const socket = connect({ host: target.host, port: target.port, noDelay: true });
  webSocket.binaryType = "nodebuffer";

  webSocket.on("message", (data: RawData) => {
    if (!socket.write(data as Buffer)) webSocket.pause();
  });
  socket.on("drain", () => webSocket.resume());

  socket.on("data", (chunk) => {
    if (webSocket.readyState !== WebSocket.OPEN) return;
    webSocket.send(chunk, () => {
      if (socket.isPaused() && webSocket.bufferedAmount < HIGH_WATER_BYTES) socket.resume();
    });
    if (webSocket.bufferedAmount >= HIGH_WATER_BYTES) socket.pause();
  });

  socket.on("end", () => webSocket.close());
  socket.on("error", () => webSocket.close(1011));
  socket.on("close", () => {
    webSocket.close();
    ended();
  });
  webSocket.on("close", () => socket.destroy());
  webSocket.on("error", () => socket.destroy());
}
