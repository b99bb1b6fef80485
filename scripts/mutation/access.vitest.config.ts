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
          // What measures, and what plants mistakes in the very texts that are mutated.
          exclude: ["test/{auditFigures,lock*,quota,randomFaults,simulationPlanted}.*"],
          setupFiles: ["../../scripts/mutation/setup.ts"]
        }
      }
    ]
  }
})
