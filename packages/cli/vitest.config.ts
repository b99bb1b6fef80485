import { project } from "../../tools/project.ts"

export default project("cli", {
  pool: "forks",
  // A start takes a second or two of computing; on a busy machine that is much longer.
  testTimeout: 300_000,
  // The tests run what is published.
  globalSetup: ["test/support/bundle.ts"]
})
