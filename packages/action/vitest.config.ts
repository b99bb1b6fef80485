import { project } from "../../tools/project.ts"

export default project("action", {
  pool: "forks",
  // The tests of processes run what a release holds.
  globalSetup: ["../cli/test/support/bundle.ts", "test/support/bundle.ts"]
})
