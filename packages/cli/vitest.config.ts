import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "cli",
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    setupFiles: ["../../scripts/fast-check-seed.ts"],
    // The tests run what is published.
    globalSetup: ["test/support/bundle.ts"]
  }
})
