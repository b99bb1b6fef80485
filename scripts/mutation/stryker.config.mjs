/**
 * `npm run mutation`: whether the tests of `protocol`, and the contract on Effect 4, notice what changes in it. The texts of
 * `messages` are left out. In place, since the contract imports other packages: run it in a clean clone.
 */
export default {
  mutate: ["packages/protocol/src/**/*.ts", "!packages/protocol/src/{index,messages}.ts"],
  inPlace: true,
  testRunner: "vitest",
  vitest: { configFile: "scripts/mutation/vitest.config.ts", related: false },
  plugins: ["@stryker-mutator/vitest-runner"],
  coverageAnalysis: "perTest",
  dryRunTimeoutMinutes: 20,
  concurrency: 2,
  thresholds: { high: 95, low: 90, break: 85 },
  reporters: ["progress-append-only", "clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "build/mutation.json" },
  tempDirName: ".stryker-tmp"
}
