import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Path of workerd for this platform. The package is CommonJS: its default export is a member of what Node imports. */
export const WORKERD = (require("workerd") as { readonly default: string }).default;
