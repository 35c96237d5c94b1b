import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createWholeApp } from "../../edge/whole-app.ts";
import { stack } from "../stack/provided.ts";

interface Description {
  openapi: string;
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, { tags: string[]; responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

describe("the API's description", () => {
  let document: Description;
  let text: string;

  beforeAll(async () => {
    const response = await fetch(`${stack().baseUrl}/openapi.json`);
    expect(response.headers.get("content-type")).toContain("application/json");
    text = await response.text();
    document = JSON.parse(text) as Description;
  });

  it("is OpenAPI 3.1, says where it is served and how to authenticate", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(document.servers).toEqual([{ url: stack().baseUrl }]);
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual(["operatorKey", "tenantKey"]);
  });

  it("lists every route that is served, and no other", () => {
    const app = createWholeApp(() => {
      throw new Error("not called");
    });
    const served = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/\/:(\w+)(\{[^}]*\})?/g, "/{$1}")}`);
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(new Set(described)).toEqual(new Set(served));
  });

  it("says of every group of operations what it is for", () => {
    const used = Object.values(document.paths).flatMap((item) => Object.values(item).flatMap(({ tags }) => tags));
    expect(new Set(document.tags.map(({ name }) => name))).toEqual(new Set(used));
    for (const { description } of document.tags) expect(description).not.toBe("");
  });

  it("leaves no reference without what it refers to", () => {
    const referred = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? "");
    expect(referred.length).toBeGreaterThan(20);
    for (const name of referred) expect(document.components.schemas).toHaveProperty([name]);
  });

  it("states patterns as JSON Schema does: what stands between a regular expression's slashes", () => {
    const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, json]) => JSON.parse(json ?? "") as string,
    );
    expect(patterns.length).toBeGreaterThan(20);
    for (const pattern of new Set(patterns)) {
      expect(() => new RegExp(pattern, "u"), pattern).not.toThrow();
      expect(pattern).toMatch(/^\^.*\$$/);
    }
  });

  it("states refusals of management as problem+json", () => {
    const responses = document.paths["/api/v1/keys"]?.["post"]?.responses ?? {};
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(["201", "400", "401", "403", "415", "422", "503"]));
    expect(JSON.stringify(responses["422"])).toContain("application/problem+json");
  });
});

describe("the reference page", () => {
  let page: string;
  let response: Response;

  beforeAll(async () => {
    response = await fetch(`${stack().baseUrl}/docs`);
    page = await response.text();
  });

  it("loads nothing and runs nothing, and its style is the one its policy names", () => {
    expect(response.headers.get("content-type")).toContain("text/html");
    const policy = response.headers.get("content-security-policy") ?? "";
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src 'sha256-${hash}'`);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<form|\son\w+=|style="|@import|url\(/i);
  });

  it("shows every operation with what it asks for, and a way in", async () => {
    const document = (await (await fetch(`${stack().baseUrl}/openapi.json`)).json()) as Description;
    for (const path of Object.keys(document.paths)) expect(page).toContain(`<code>${path}</code>`);
    for (const text of ["Getting started", "curl", "policies:write", "operator key", "if-match", stack().baseUrl]) {
      expect(page).toContain(text);
    }
  });
});
