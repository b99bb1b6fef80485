import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "effect4",
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/fast-check-seed.ts"],
    testTimeout: 30_000
  }
})
