import { project } from "../../scripts/project.ts"

export default project("testing", { pool: "threads" })
