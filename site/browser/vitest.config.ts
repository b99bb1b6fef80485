import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    name: "site in a browser",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 300_000
  }
})
