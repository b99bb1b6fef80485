/** The projects of this workspace that hold tests. `vitest.config.ts` says how they run. */
export default [
  "packages/protocol",
  "packages/fake",
  "packages/core",
  "packages/client",
  "packages/testing",
  "packages/access",
  "packages/effect4",
  "packages/cli",
  "packages/action",
  "packages/bench",
  "docs",
  "site",
  "scripts"
]
