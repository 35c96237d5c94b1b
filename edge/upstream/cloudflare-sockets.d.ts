/** What the platform's own module gives of which the worker makes use. */
declare module "cloudflare:sockets" {
  export function connect(address: string): import("@cloudflare/workers-types").Socket;
}
