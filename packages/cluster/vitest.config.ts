import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "cluster",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/setup.ts"],
    setupFiles: ["../../scripts/fast-check-seed.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000
  }
})
