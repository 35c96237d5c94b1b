import { demoRouter } from "../stack/demo-router.ts";
import { stack } from "../stack/provided.ts";
import { mintEchoTenant } from "../stack/tenant.ts";

export interface DemoTenant {
  readonly baseUrl: string;
  readonly inferenceKey: string;
}

/** A tenant set up like the one that `npm start` makes, for programs that are given a base URL and a key. */
export async function demoTenant(): Promise<DemoTenant> {
  const { inferenceKey } = await mintEchoTenant(await demoRouter());
  return { baseUrl: stack().baseUrl, inferenceKey };
}
