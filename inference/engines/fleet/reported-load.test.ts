import { expect, test } from "vitest";
import { reportedLoad } from "./reported-load.ts";

const text = `# HELP vllm:num_requests_running Number of requests
vllm:num_requests_running{engine="0",model_name="plano"} 3.0
vllm:num_requests_running{engine="1",model_name="plano"} 1.0
vllm:num_requests_waiting{engine="0",model_name="plano"} 2.0
vllm:num_requests_waiting_by_reason{reason="capacity"} 9.0
llamacpp:requests_processing 4
`;

test("gauges are summed over their labels, and no others", () => {
  expect(reportedLoad(text, ["vllm:num_requests_running", "vllm:num_requests_waiting"])).toBe(6);
  expect(reportedLoad(text, ["llamacpp:requests_processing"])).toBe(4);
});

test("a server that shows none of them says nothing", () => {
  expect(reportedLoad("<html>", ["vllm:num_requests_running"])).toBeNull();
  expect(reportedLoad("vllm:num_requests_running NaN", ["vllm:num_requests_running"])).toBeNull();
});
