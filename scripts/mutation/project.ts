import { defineConfig } from "vitest/config"

/** Instrumented code is slow, and a test file costs less without a worker of its own. */
export const mutated = (tests: Readonly<Record<string, ReadonlyArray<string>>>) =>
  defineConfig({
    test: {
      projects: Object.entries(tests).map(([name, exclude]) => ({
        extends: `./packages/${name}/vitest.config.ts`,
        root: `./packages/${name}`,
        test: {
          isolate: false,
          testTimeout: 20_000,
          exclude: [...exclude],
          setupFiles: ["../../scripts/mutation/setup.ts"]
        }
      }))
    }
  })
