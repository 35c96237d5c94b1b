import type { ProviderKind } from "../tenancy/snapshot.ts";
import type { ProviderAdapter } from "./adapter.ts";
import { echo } from "./echo/echo.ts";
import { openaiCompatible } from "./openai-wire/openai-compatible.ts";

/** One row a kind of provider: nothing else knows which kinds there are. */
export const ADAPTERS: Readonly<Record<ProviderKind, ProviderAdapter>> = {
  "openai-compatible": openaiCompatible,
  echo,
};
