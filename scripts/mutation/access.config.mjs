import protocol from "./stryker.config.mjs"

/** `npm run mutation:access`: the same for the rules of `access` that have no effects. */
export default {
  ...protocol,
  mutate: ["plan/derive", "apply/reconcile", "run/run"].map((rule) => `packages/access/src/internal/${rule}.ts`),
  vitest: { configFile: "scripts/mutation/access.vitest.config.ts", related: false },
  jsonReporter: { fileName: "build/mutation-access.json" }
}
