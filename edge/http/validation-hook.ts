import type { Hook } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { Refusal } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import { respond } from "./respond.ts";

/** Answers input that does not fit a route's schema, naming the field, in the dialect of the surface. */
export const validationHook: Hook<unknown, AppEnv, string, unknown> = (result, c: Context<AppEnv>) => {
  if (result.success) return undefined;
  // An object addressed by something that cannot be its id does not exist.
  if (result.target === "param") return respond(c, { code: "not_found" });
  const issues = result.error instanceof z.core.$ZodError ? result.error.issues : [];
  return respond(c, c.req.path.startsWith("/api/") ? findings(issues) : firstFinding(issues));
};

type Issue = z.core.$ZodIssue;

/** The first of a schema's findings, as OpenAI's API puts it: one sentence and the field in `param`. */
export function firstFinding(issues: readonly Issue[]): Refusal {
  const [issue] = issues.flatMap(innermost);
  if (issue === undefined) return { code: "invalid_request_error" };
  const param = dotted(issue.path);
  const message = param === "" ? issue.message : `${param}: ${issue.message}`;
  return { code: "invalid_request_error", message, ...(param !== "" && { param }) };
}

function findings(issues: readonly Issue[]): Refusal {
  const errors = issues.flatMap(innermost).map((issue) => ({ pointer: pointer(issue.path), detail: issue.message }));
  return { code: "validation_failed", errors: errors.slice(0, 50) };
}

/**
 * A union reports one failed branch each; the branch that got furthest says what is wrong with the input, and of those
 * that got as far, the one that has least against it.
 */
function innermost(issue: Issue): Issue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ ...issue, path: [...issue.path, key], message: "unknown field" }));
  }
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((branch) =>
    branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const better = (branch: Issue[], best: Issue[]): boolean =>
    depth(branch) > depth(best) || (depth(branch) === depth(best) && branch.length < best.length);
  const deepest = branches.reduce((best, branch) => (better(branch, best) ? branch : best));
  return depth(deepest) > issue.path.length ? deepest.flatMap(innermost) : [issue];
}

const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));

/** RFC 6901. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** `messages[0].content`, as OpenAI's API names fields. */
function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
    .join("");
}
