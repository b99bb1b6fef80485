/** `npm run mutation`: whether the tests of `protocol` notice what changes in it. The texts of `messages` are left out. */
export default {
  mutate: ["packages/protocol/src/**/*.ts", "!packages/protocol/src/{index,messages}.ts"],
  ignorePatterns: [
    "**",
    "!packages/protocol/{src,test}/**",
    "!packages/protocol/*.{json,ts}",
    "!packages/{contract,fake}/{package.json,src/**}",
    "!scripts/{mutation/,}*",
    "!tools/*",
    "!tsconfig.base.json"
  ],
  testRunner: "vitest",
  vitest: { configFile: "scripts/mutation/vitest.config.ts", related: false },
  plugins: ["@stryker-mutator/vitest-runner"],
  coverageAnalysis: "perTest",
  concurrency: 2,
  thresholds: { high: 95, low: 90, break: 85 },
  reporters: ["progress-append-only", "clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "build/mutation.json" },
  tempDirName: ".stryker-tmp"
}
