import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "client",
    pool: "threads",
    include: ["test/**/*.test.ts"],
    setupFiles: ["../../scripts/fast-check-seed.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000
  }
})
