import { project } from "../../tools/project.ts"

export default project("cli", {
  pool: "forks",
  // The tests of processes run what is published.
  globalSetup: ["test/support/bundle.ts"]
})
