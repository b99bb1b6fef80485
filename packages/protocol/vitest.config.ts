import { project } from "../../tools/project.ts"

export default project("protocol", { pool: "threads" })
