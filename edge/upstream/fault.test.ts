import { describe, expect, it } from "vitest";
import { isAboutModel, readFault } from "./fault.ts";

const fault = (value: unknown) => readFault(new TextEncoder().encode(JSON.stringify(value)));

describe("a provider's error", () => {
  it.each([
    ["in OpenAI's form", { error: { code: "c", param: "p", message: "m" } }, { code: "c", param: "p", message: "m" }],
    ["without wrapping", { object: "error", message: "m", code: 404 }, { code: "", param: "", message: "m" }],
    ["in AWS's form", { Message: "m" }, { code: "", param: "", message: "m" }],
    ["that is a text", { error: "no" }, { code: "", param: "", message: "" }],
    ["that is nothing", null, { code: "", param: "", message: "" }],
  ])("%s is read", (_, value, expected) => {
    expect(fault(value)).toEqual(expected);
  });

  it.each([
    [true, { error: { code: "model_not_found" } }],
    [true, { error: { code: "DeploymentNotFound" } }],
    [true, { error: { param: "model" } }],
    [true, { error: { message: "Project `p` does not have access to model `gpt`" } }],
    [true, { message: "You don't have access to the model with the specified model ID." }],
    [true, { error: { message: "The provided model identifier is invalid." } }],
    [false, { Message: "Authentication failed: Please make sure your API Key is valid." }],
    [false, { error: { code: "invalid_api_key", message: "Incorrect API key provided" } }],
    [false, { error: { message: "This key has no access to modelling" } }],
  ])("is about the model: %s for %j", (expected, value) => {
    expect(isAboutModel(fault(value))).toBe(expected);
  });
});
