import { project } from "../../tools/project.ts"

export default project("client", { pool: "forks" })
