import type { Traits } from "../../decide/served-engine.ts";
import type { DecisionsDeployment } from "./deployment.ts";
import { providers } from "./providers.ts";

/** Whether decisions of a deployment cost money, and whether its wire was ever held against a running server. */
export function traitsOf({ provider, paid }: DecisionsDeployment): Traits {
  const { hosted, preview } = providers[provider];
  return { paid: paid ?? hosted, preview };
}
