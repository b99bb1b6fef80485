import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "cli",
    // Most files run commands within the process of the test.
    pool: "threads",
    include: ["test/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    setupFiles: ["../../scripts/fast-check-seed.ts"],
    // The tests run what is published.
    globalSetup: ["test/support/bundle.ts"]
  }
})
