import { project } from "../../tools/project.ts"

export default project("access", { pool: "threads" })
