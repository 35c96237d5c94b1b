import { defineConfig } from "vitest/config";

/** Layers of the suite; `test/README.md` says which layer proves what. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    reporters: ["default"],
    restoreMocks: true,
    setupFiles: ["test/generated-cases.ts"],
    silent: "passed-only",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["edge/**/*.test.ts", "inference/**/*.test.ts", "infra/**/*.test.ts", "migrations/**/*.test.ts"],
          pool: "threads",
          // Not a measure of anything: busy machines are slow, and a test that hangs still ends.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          globalSetup: ["test/stack/global-setup.ts"],
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
