import { project } from "../../scripts/project.ts"

export default project("protocol", { pool: "threads" })
