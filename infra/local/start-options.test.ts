import { describe, expect, it } from "vitest";
import { parseStartOptions, parseStopOptions } from "./start-options.ts";

describe("options of npm start", () => {
  it("has one port that people know and leaves the inner ones free", () => {
    expect(parseStartOptions([], {})).toMatchObject({
      port: 8787,
      inferencePort: null,
      postgresPort: null,
      bridgePort: null,
      fresh: false,
      detach: false,
    });
  });

  it("takes ports from flags, else from the environment", () => {
    const environment = { PORT: "9000", INFERENCE_PORT: "9001", POSTGRES_PORT: "", BRIDGE_PORT: "9003" };
    expect(parseStartOptions(["--port", "9100", "--postgres-port=9002"], environment)).toMatchObject({
      port: 9100,
      inferencePort: 9001,
      postgresPort: 9002,
      bridgePort: 9003,
    });
  });

  it("takes 0 for any free port", () => {
    expect(parseStartOptions(["--port", "0", "--bridge-port", "0"], {})).toMatchObject({ port: 0, bridgePort: null });
  });

  it("resolves the data folder against the repository, not the caller's folder", () => {
    expect(parseStartOptions([], {}).dataDir).toMatch(/\/\.signalbox$/);
    expect(parseStopOptions(["--data-dir", "/tmp/elsewhere"], {}).dataDir).toBe("/tmp/elsewhere");
    expect(parseStopOptions([], { SIGNALBOX_DATA_DIR: "/tmp/other" }).dataDir).toBe("/tmp/other");
  });

  it.each([
    [["--port", "-1"], {}, "--port"],
    [["--port", "65536"], {}, "--port must be a port number"],
    [["--port", "80 80"], {}, "--port must be a port number"],
    [[], { PORT: "http" }, "PORT must be a port number"],
    [["--wat"], {}, "--wat"],
    [["now"], {}, "now"],
  ])("refuses %j %j", (args, environment, message) => {
    expect(() => parseStartOptions(args, environment)).toThrow(message);
  });
});
