import { project } from "../../tools/project.ts"

export default project("fake", { pool: "threads" })
