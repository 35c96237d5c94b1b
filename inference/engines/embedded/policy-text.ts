import type { Policy } from "../../contract/index.ts";

const CAMEL_BOUNDARY = /(?<=[a-z0-9])(?=[A-Z])/g;
const SEPARATORS = /[_\-./]+/g;

/** The one text that is encoded for a policy, names written as words; training does exactly the same. */
export function policyText({ name, description }: Policy): string {
  const words = name.replace(CAMEL_BOUNDARY, " ").replace(SEPARATORS, " ").trim();
  return `${words}: ${description}`.trim();
}
