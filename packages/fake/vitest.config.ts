import { project } from "../../scripts/project.ts"

export default project("fake", { pool: "threads" })
