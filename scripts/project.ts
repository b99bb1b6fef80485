/** What the tests of a package run with, besides what `vitest.config.ts` of the whole says. */
import { defineProject, type UserWorkspaceConfig } from "vitest/config"

/** One seed for every property, and limits that only a test that hangs reaches. */
export const project = (name: string, options: UserWorkspaceConfig["test"]) =>
  defineProject({
    test: {
      name,
      include: ["test/**/*.test.ts"],
      setupFiles: ["../../scripts/fast-check-seed.ts"],
      testTimeout: 180_000,
      hookTimeout: 180_000,
      ...options
    }
  })
