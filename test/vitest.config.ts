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
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
