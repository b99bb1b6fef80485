/** The vitest configuration of a package, in addition to that of the workspace. */
import { defineProject, type UserWorkspaceConfig } from "vitest/config"

/** One seed for every property, and limits that only a test that hangs reaches. */
export const project = (name: string, options: UserWorkspaceConfig["test"]) =>
  defineProject({
    test: {
      name,
      include: ["test/**/*.test.ts"],
      setupFiles: ["../../tools/fast-check-seed.ts"],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      ...options
    }
  })
