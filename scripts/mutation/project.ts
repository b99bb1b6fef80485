import { defineConfig } from "vitest/config"

/** Instrumented code is slow, and a test file costs less without a worker of its own. */
export const mutated = (name: string, exclude: Array<string> = []) =>
  defineConfig({
    test: {
      projects: [
        {
          extends: `./packages/${name}/vitest.config.ts`,
          root: `./packages/${name}`,
          test: { isolate: false, testTimeout: 20_000, exclude, setupFiles: ["../../scripts/mutation/setup.ts"] }
        }
      ]
    }
  })
