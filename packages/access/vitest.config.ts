import { project } from "../../scripts/project.ts"

export default project("access", { pool: "threads" })
