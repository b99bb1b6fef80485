import { project } from "../../scripts/project.ts"

export default project("core", { pool: "threads" })
