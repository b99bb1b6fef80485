import { mutated } from "./project.ts"

export default mutated("protocol")
