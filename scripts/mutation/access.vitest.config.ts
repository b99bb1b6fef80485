import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    projects: [
      {
        extends: "./packages/access/vitest.config.ts",
        root: "./packages/access",
        test: {
          isolate: false,
          testTimeout: 20_000,
          // All but the tests of these rules. The simulation would take most of the time, and its planted mistakes look
          // for the very texts that are mutated.
          exclude: ["test/!(AccessPlan|apply*|breaker*|ends|planRows).test.ts"],
          setupFiles: ["../../scripts/mutation/setup.ts"]
        }
      }
    ]
  }
})
