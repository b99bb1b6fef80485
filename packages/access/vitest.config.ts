import { configDefaults, defineProject } from "vitest/config"

// Thousands of random programs take long: they run when they are asked for.
const onRequest = process.env["MODEL_RUNS"] === undefined ? ["test/model*.test.ts"] : []

export default defineProject({
  test: {
    name: "access",
    include: ["test/**/*.test.ts"],
    setupFiles: ["../../scripts/fast-check-seed.ts"],
    exclude: [...configDefaults.exclude, ...onRequest],
    testTimeout: 60_000
  }
})
