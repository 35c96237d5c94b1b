import { expect } from "vitest";
import type { Answer } from "../stack/tenant.ts";

/** Asserts that an answer is a problem of this status and code, in its dialect, with the request's id in it. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({ status, type: `urn:signalbox:error:${code}` });
  expect(answer.body.request_id).toBe(answer.headers.get("x-request-id"));
}

/** The pointers a validation refusal names. */
export const pointers = (answer: Answer): string[] =>
  (answer.body.errors as { pointer: string }[] | undefined)?.map(({ pointer }) => pointer) ?? [];
