import { project } from "../../tools/project.ts"

export default project("core", { pool: "threads" })
