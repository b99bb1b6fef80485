import protocol from "./stryker.config.mjs"

/**
 * `npm run mutation:access`: the same for the rules of `access` that have no effects. In
 * place, since its tests import the other packages: run it in a clean clone.
 */
export default {
  ...protocol,
  mutate: ["plan/derive", "apply/reconcile", "run/run"].map((rule) => `packages/access/src/internal/${rule}.ts`),
  ignorePatterns: [],
  inPlace: true,
  vitest: { configFile: "scripts/mutation/access.vitest.config.ts", related: false },
  jsonReporter: { fileName: "build/mutation-access.json" }
}
