import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "action",
    pool: "forks",
    include: ["test/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The tests run what a release holds.
    globalSetup: ["../cli/test/support/bundle.ts", "test/support/bundle.ts"]
  }
})
