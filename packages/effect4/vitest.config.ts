import { project } from "../../tools/project.ts"

export default project("effect4", { pool: "threads", setupFiles: ["test/support/fast-check-seed.ts"] })
