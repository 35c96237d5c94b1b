import type { Context } from "hono";
import type { Deps } from "../deps.ts";
import type { AppEnv } from "./app-env.ts";

/**
 * What refusals are counted by: the address that the platform, or the nearest proxy of one's own, has written into the
 * configured header. Of a list the last entry is that proxy's; those before it are the caller's word. Where none is
 * configured, it is the address at the other end of the connection. Without either, all callers share a limit.
 */
export function clientAddress(c: Context<AppEnv>, { env }: Pick<Deps, "env">): string {
  const said = env.CLIENT_ADDRESS_HEADER === "" ? peerAddress(c.req.raw) : c.req.header(env.CLIENT_ADDRESS_HEADER);
  const last = said?.split(",").at(-1)?.trim() ?? "";
  return last === "" ? `unknown:${env.ENVIRONMENT}` : last;
}

/** Of whoever is connected, without the port; a workerd of one's own tells it with each request. */
function peerAddress(request: Request): string | undefined {
  const cf: unknown = "cf" in request ? request.cf : undefined;
  const told = typeof cf === "object" && cf !== null && "clientIp" in cf ? cf.clientIp : undefined;
  if (typeof told !== "string") return undefined;
  return /^\[(.*)\](?::\d+)?$/.exec(told)?.[1] ?? /^([^:]*):\d+$/.exec(told)?.[1] ?? told;
}
