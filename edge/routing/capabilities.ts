import type { Model } from "../tenancy/snapshot.ts";
import type { Needs } from "./decision.ts";

interface Requirement {
  /** Completes "No target of this router can serve …". */
  readonly need: string;
  /** The request field that asks for it. */
  readonly param: string;
  readonly asked: (needs: Needs) => boolean;
  readonly met: (model: Model, needs: Needs) => boolean;
}

/** What a request can ask of a model beside text. One row each: nothing else decides who is able. */
const REQUIREMENTS: readonly Requirement[] = [
  {
    need: "images",
    param: "messages",
    asked: ({ images }) => images,
    met: ({ modalities }) => modalities.includes("image"),
  },
  {
    need: "audio",
    param: "messages",
    asked: ({ audio }) => audio,
    met: ({ modalities }) => modalities.includes("audio"),
  },
  {
    need: "files",
    param: "messages",
    asked: ({ files }) => files,
    met: ({ modalities }) => modalities.includes("file"),
  },
  {
    need: "tools",
    param: "tools",
    asked: ({ tools }) => tools,
    met: ({ capabilities }) => capabilities.tools !== false,
  },
  {
    need: "this response_format",
    param: "response_format",
    asked: ({ responseFormat }) => responseFormat,
    met: ({ capabilities }) => capabilities.response_format !== false,
  },
  {
    need: "a request of this length",
    param: "messages",
    asked: () => true,
    met: ({ context_window }, { tokens }) => context_window === null || tokens <= context_window,
  },
];

/** Whether a model can serve a request with these needs. What a model does not say about itself, it is taken to can. */
export function modelFits(model: Model, needs: Needs): boolean {
  return REQUIREMENTS.every(({ asked, met }) => !asked(needs) || met(model, needs));
}

/** Names what kept all of `models` from serving: the first need that none of them meets, else all needs together. */
export function missingCapability(models: readonly Model[], needs: Needs): { need: string; param: string } {
  const unmet = REQUIREMENTS.filter(({ asked, met }) => asked(needs) && models.some((model) => !met(model, needs)));
  const byNone = unmet.find(({ met }) => !models.some((model) => met(model, needs)));
  const named = byNone === undefined ? unmet : [byNone];
  return { need: named.map(({ need }) => need).join(" together with "), param: named[0]?.param ?? "messages" };
}
