import type { ProviderKind } from "../tenancy/snapshot.ts";
import type { ProviderAdapter } from "./adapter.ts";
import { echo } from "./echo/echo.ts";
import { googleRefusal } from "./openai-wire/google-refusal.ts";
import { openaiWire } from "./openai-wire/openai-wire.ts";

/**
 * One row a kind of provider: nothing else knows which kinds there are. The vendors' are their OpenAI-compatible
 * endpoints. None is known to refuse what is sent unasked, `stream_options.include_usage`; a target can drop it.
 */
export const ADAPTERS: Readonly<Record<ProviderKind, ProviderAdapter>> = {
  "openai-compatible": openaiWire(),
  openai: openaiWire({ defaultBaseUrl: "https://api.openai.com/v1" }),
  // platform.claude.com/docs, "OpenAI SDK compatibility": takes `stream_options`, passes over fields it does not know;
  // for trying models out, without prompt caching, and usage comes without details.
  anthropic: openaiWire({ defaultBaseUrl: "https://api.anthropic.com/v1" }),
  // ai.google.dev/gemini-api/docs/openai. Refuses fields it does not know, such as `store`: a target can drop them.
  google: openaiWire({
    defaultBaseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    inOpenAiTerms: googleRefusal,
  }),
  // learn.microsoft.com, "Azure OpenAI v1 API": below each resource's own host; a bearer would be a token of Entra ID,
  // `api-key` is the resource's key. The model's name is the deployment's.
  "azure-openai": openaiWire({ credentialHeader: (key) => ["api-key", key] }),
  // docs.aws.amazon.com/bedrock, "Inference using Chat Completions API": below each region's own hosts, with an API key
  // of Bedrock. Signing with AWS credentials is another way in, not taken here.
  bedrock: openaiWire(),
  echo,
};
