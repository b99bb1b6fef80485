import { defineConfig } from "vitest/config"

// Instrumented code is slow, and a test file costs less without a worker of its own.
export default defineConfig({
  test: {
    projects: [
      {
        extends: "./packages/protocol/vitest.config.ts",
        root: "./packages/protocol",
        test: { isolate: false, testTimeout: 20_000, setupFiles: ["../../scripts/mutation/setup.ts"] }
      }
    ]
  }
})
