import { project } from "../../tools/project.ts"

export default project("testing", { pool: "threads" })
