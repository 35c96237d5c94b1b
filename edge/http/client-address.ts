import type { Context } from "hono";
import type { Deps } from "../deps.ts";
import type { AppEnv } from "./app-env.ts";

/**
 * What refusals are counted by: the address that the platform, or the nearest proxy of one's own, has written into the
 * configured header. Of a list the last entry is that proxy's; those before it are the caller's word. Without one, all
 * callers share a limit.
 */
export function clientAddress(c: Context<AppEnv>, { env }: Pick<Deps, "env">): string {
  const said = env.CLIENT_ADDRESS_HEADER === "" ? undefined : c.req.header(env.CLIENT_ADDRESS_HEADER);
  const last = said?.split(",").at(-1)?.trim() ?? "";
  return last === "" ? `unknown:${env.ENVIRONMENT}` : last;
}
