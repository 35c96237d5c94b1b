/** Text that is already HTML. Everything else that goes into `html` is escaped. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | null | readonly Html[];

/** Builds HTML from a template; values are escaped unless they are Html, null is left out. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const markup = strings.map((text, index) => text + (index < parts.length ? render(parts[index] ?? null) : ""));
  return new Html(markup.join(""));
}

/** Text in which `…` between backticks is code. */
export function prose(text: string): Html {
  const parts = text.split("`");
  return new Html(
    parts.map((part, index) => (index % 2 === 1 ? `<code>${escape(part)}</code>` : escape(part))).join(""),
  );
}

function render(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.markup;
  return typeof part === "string" || typeof part === "number"
    ? escape(String(part))
    : part.map((item) => item.markup).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
