import { defineConfig } from "vitest/config"

// What measures its own cost says nothing of a mutant, and mutants are slow.
export default defineConfig({
  test: {
    projects: [
      {
        extends: "./packages/protocol/vitest.config.ts",
        root: "./packages/protocol",
        test: { exclude: ["**/*Cost.test.ts"], testTimeout: 60_000 }
      }
    ]
  }
})
