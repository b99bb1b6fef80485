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
          include: ["test/{AccessPlan,apply*,breaker*,contract,planRows}.test.ts", "test/simulation.endurance.test.ts"],
          setupFiles: ["../../scripts/mutation/setup.ts"]
        }
      }
    ]
  }
})
