import type { TestProject } from "vitest/node"

/** Returns true if a run includes the tests that start processes. `npm test` excludes them. */
export const startsProcesses = ({ config }: TestProject): boolean => !config.exclude.includes("**/*.process.test.ts")
