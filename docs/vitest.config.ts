import { defineProject } from "vitest/config"
import { writeSnippets } from "./snippets.ts"

// The examples that are tests have to be there before vitest looks for tests.
writeSnippets()

export default defineProject({
  test: {
    name: "docs",
    pool: "threads",
    include: ["test/**/*.test.ts", ".snippets/*.test.ts", "effect4/.snippets/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000
  }
})
