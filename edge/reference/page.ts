import { operationsOf, type ListedOperation } from "./command.ts";
import type { ApiDocument } from "./document.ts";
import { gettingStarted } from "./getting-started.ts";
import { Html, html, prose } from "./html.ts";
import { keyFormat } from "./key-format.ts";
import { anchorOf, operationSection } from "./operation-section.ts";
import { STYLE } from "./style.ts";

/** Made of exactly the text whose hash the content security policy names. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);

/** An API document as one HTML page that needs no script, no font and no other file. */
export function renderPage(document: ApiDocument): string {
  const groups = grouped(document);
  const components = document.components ?? {};
  const baseUrl = document.servers?.[0]?.url ?? "";
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${document.info.title} API</title>
      ${STYLE_ELEMENT}
    </head>
    <body>
      <nav aria-label="Operations">
        <strong>${document.info.title}</strong>
        <ul>
          <li><a href="#getting-started">Getting started</a></li>
          <li><a href="#key-format">Key format</a></li>
        </ul>
        ${groups.map(navigation)}
      </nav>
      <main>
        <h1>${document.info.title} API</h1>
        <p class="lead">${document.info.description ?? ""}</p>
        <p>Base URL <code>${baseUrl}</code> · <a href="/openapi.json">OpenAPI ${document.openapi}</a></p>
        ${gettingStarted(baseUrl)} ${keyFormat()}
        ${groups.map(
          ({ tag, description, operations }) =>
            html`<section>
              <h2 id="${slug(tag)}">${tag}</h2>
              <p>${prose(description)}</p>
              ${operations.map((listed) => operationSection(listed, components))}
            </section>`,
        )}
      </main>
    </body>
  </html>`;
  return `<!doctype html>\n${page.markup}`;
}

interface Group {
  readonly tag: string;
  readonly description: string;
  readonly operations: readonly ListedOperation[];
}

function grouped(document: ApiDocument): Group[] {
  const byTag = Map.groupBy(operationsOf(document), ({ operation }) => operation.tags?.[0] ?? "Other");
  const known = (document.tags ?? []).map(({ name, description = "" }) => ({ tag: name, description }));
  const others = [...byTag.keys()].filter((tag) => !known.some((group) => group.tag === tag));
  return [...known, ...others.map((tag) => ({ tag, description: "" }))]
    .map((group) => ({ ...group, operations: byTag.get(group.tag) ?? [] }))
    .filter((group) => group.operations.length > 0);
}

const navigation = ({ tag, operations }: Group): Html =>
  html`<h2><a href="#${slug(tag)}">${tag}</a></h2>
    <ul>
      ${operations.map(
        (listed) =>
          html`<li>
            <a href="#${anchorOf(listed)}"
              ><span class="method ${listed.method}">${listed.method}</span> <span>${listed.path}</span></a
            >
          </li>`,
      )}
    </ul>`;

const slug = (tag: string): string => `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
