/** What a reader does not see: C1 controls, separators, marks that reverse the direction of text, tag characters. */
const UNSEEN = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\udb40[\udc00-\udc7f]/g;
/**
 * Control tokens that are not in angle brackets, by the bracket they begin with: `[INST]`, `[/INST]`, `[TOOL_CALLS]` and
 * `[gMASK]`; `[e~[`, `]~b]`, `]~!b[` and `]!d~[`.
 */
const BRACKETED = /\[(?=\/?[a-z]?[A-Z][A-Z_]*\])|[[\]](?=[!a-z]{0,2}~[!a-z]{0,2}[[\]])/g;

/**
 * The same JSON value, written so that no text in it can close a block of the prompt, forge one of the model's special
 * tokens (`<|im_end|>`) or hide. JSON itself escapes quotes and the C0 controls.
 */
export function escapeJson(json: string): string {
  return json.replaceAll("<", "\\u003c").replace(UNSEEN, escapeUnits);
}

/** As `escapeJson`, for models of any family, of which some write their special tokens in square brackets. */
export function escapeJsonForAnyModel(json: string): string {
  return escapeJson(json).replace(BRACKETED, escapeUnits);
}

function escapeUnits(text: string): string {
  return Array.from({ length: text.length }, (_, index) => {
    const unit = text.charCodeAt(index);
    return `\\u${unit.toString(16).padStart(4, "0")}`;
  }).join("");
}
