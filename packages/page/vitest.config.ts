import { project } from "../../tools/project.ts"

export default project("page", { globalSetup: ["test/support/setup.ts"] })
