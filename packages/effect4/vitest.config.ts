import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "effect4",
    pool: "threads",
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/fast-check-seed.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000
  }
})
