import { project } from "../../scripts/project.ts"

export default project("client", { pool: "threads" })
