/** The content security policy of a page that loads nothing and runs nothing; its one style sheet is named by its hash. */
export async function pagePolicy(style: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return ["default-src 'none'", `style-src 'sha256-${hash}'`, "base-uri 'none'", "form-action 'none'"].join("; ");
}

/** What a header can say and a page itself cannot: nobody may frame it. */
export const UNFRAMED = "frame-ancestors 'none'";
