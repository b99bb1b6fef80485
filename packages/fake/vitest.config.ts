import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "fake",
    pool: "threads",
    include: ["test/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    setupFiles: ["../../scripts/fast-check-seed.ts"]
  }
})
