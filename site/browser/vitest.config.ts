import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    name: "site in a browser",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    globalSetup: ["setup.ts"],
    testTimeout: 60_000
  }
})
