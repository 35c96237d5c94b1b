import { connect } from "node:net";
import type { PoolClient } from "pg";
import type { BridgeTarget } from "./target.ts";

const CANCEL_REQUEST_CODE = 80_877_102;

/**
 * Asks PostgreSQL to stop what a connection is running, over a connection of its own as the protocol wants it
 * (PostgreSQL manual, "Canceling Requests in Progress"). Best effort: a query that just ended is left alone.
 */
export function cancelQuery(target: BridgeTarget, client: PoolClient): void {
  const { processID, secretKey } = client as unknown as { processID?: number; secretKey?: number };
  if (typeof processID !== "number" || typeof secretKey !== "number") return;
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const socket = connect(target.port, target.host, () => socket.end(message));
  socket.on("error", () => undefined);
}
