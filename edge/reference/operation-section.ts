import { commandsFor, type ListedOperation, type Operation } from "./command.ts";
import type { ApiDocument } from "./document.ts";
import { fieldsOf, typeOf, type DocumentSchema, type Field } from "./fields.ts";
import { html, prose, type Html } from "./html.ts";

type Components = NonNullable<ApiDocument["components"]>;
type Parameter = Exclude<NonNullable<Operation["parameters"]>[number], { $ref: string }>;
type Content = Record<string, { readonly schema?: DocumentSchema }>;

/** The anchor of an operation on the page. */
export const anchorOf = ({ method, path }: ListedOperation): string =>
  `${method}${path.replace(/[^a-z0-9]+/gi, "-")}`.replace(/-$/, "");

/** One operation: what it is for, who may, what it takes and what it answers. */
export function operationSection(listed: ListedOperation, components: Components): Html {
  const { method, path, operation } = listed;
  const anchor = anchorOf(listed);
  const { description } = operation;
  const commands = commandsFor(listed).map(
    ({ about, source }) =>
      html`${about === null ? null : html`<p>For ${about}:</p>`}
        <pre><code>${source}</code></pre>`,
  );
  return html`<section class="operation" id="${anchor}">
    <h3>
      <span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>
      <a class="anchor" href="#${anchor}" aria-label="Link to this operation">#</a>
    </h3>
    <p>${prose(operation.summary ?? "")}. ${access(operation)}</p>
    ${description === undefined ? null : html`<p>${prose(description)}</p>`} ${commands}
    ${parameters(operation, components)} ${requestBody(operation, components)} ${responsesOf(operation, components)}
  </section>`;
}

function access(operation: Operation): Html {
  if (operation.security?.length === 0) return html`<span class="scope">no key</span>`;
  const scope: unknown = Reflect.get(operation, "x-required-scope") ?? "inference";
  return scope === "operator"
    ? html`<span class="scope">operator key</span>`
    : html`<span class="scope">scope <code>${String(scope)}</code></span>`;
}

function parameters(operation: Operation, components: Components): Html | null {
  const rows = (operation.parameters ?? [])
    .filter((parameter): parameter is Parameter => !("$ref" in parameter))
    .map((parameter) => ({
      path: parameter.name,
      type: `${parameter.schema === undefined ? "string" : typeOf(parameter.schema, components)}, ${parameter.in}`,
      required: parameter.required ?? false,
      description: parameter.description ?? descriptionOf(parameter.schema),
    }));
  return rows.length === 0
    ? null
    : html`<h4>Parameters</h4>
        ${table(rows)}`;
}

const descriptionOf = (schema: Parameter["schema"]): string =>
  schema !== undefined && "description" in schema ? (schema.description ?? "") : "";

function requestBody(operation: Operation, components: Components): Html | null {
  const body = operation.requestBody;
  if (body === undefined || "$ref" in body) return null;
  const content: Content = body.content;
  return html`<h4>Request body</h4>
    ${Object.values(content).map(({ schema }) => fieldTable(schema, components) ?? html``)}`;
}

function fieldTable(schema: DocumentSchema | undefined, components: Components): Html | null {
  const fields = schema === undefined ? [] : fieldsOf(schema, components);
  return fields.length === 0 ? null : table(fields);
}

function responsesOf(operation: Operation, components: Components): Html {
  const answers = Object.entries(operation.responses ?? {}) as [string, ResponseShape][];
  return html`<h4>Answers</h4>
    <ul class="answers">
      ${answers.map(([status, response]) => responseItem(status, response, components))}
    </ul>`;
}

interface ResponseShape {
  readonly description: string;
  readonly content?: Content;
}

function responseItem(status: string, { description, content = {} }: ResponseShape, components: Components): Html {
  const line = html`<span class="status s${status.charAt(0)}">${status}</span> ${prose(description)}`;
  const tables = status.startsWith("2")
    ? Object.values(content).flatMap(({ schema }) => fieldTable(schema, components) ?? [])
    : [];
  return tables.length === 0
    ? html`<li>${line}</li>`
    : html`<li>
        <details>
          <summary>${line}</summary>
          ${tables}
        </details>
      </li>`;
}

const table = (fields: readonly Field[]): Html =>
  html`<div class="scroll">
    <table>
      <tbody>
        ${fields.map(
          (field) =>
            html`<tr>
              <th scope="row"><code>${field.path}</code>${field.required ? html` <em>required</em>` : null}</th>
              <td class="type">${field.type}</td>
              <td>${prose(field.description)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
