import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "cli",
    // Most files run commands within the process of the test.
    pool: "threads",
    include: ["test/**/*.test.ts"],
    // A start takes a second or two of computing; on a busy machine that is much longer.
    testTimeout: 300_000,
    hookTimeout: 180_000,
    setupFiles: ["../../scripts/fast-check-seed.ts"],
    // The tests run what is published.
    globalSetup: ["test/support/bundle.ts"]
  }
})
