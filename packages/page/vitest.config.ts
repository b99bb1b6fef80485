import { project } from "../../scripts/project.ts"

export default project("page", { globalSetup: ["test/support/setup.ts"] })
