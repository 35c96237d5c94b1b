/** What the platform's own module gives of which the worker makes use. */
declare module "cloudflare:sockets" {
  import type { Socket } from "@cloudflare/workers-types";
  export function connect(address: string): Socket;
}
