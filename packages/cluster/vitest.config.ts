import { project } from "../../scripts/project.ts"

export default project("cluster", { globalSetup: ["test/support/setup.ts"] })
