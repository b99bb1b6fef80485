import { mutated } from "./project.ts"

export default mutated({ protocol: [], effect4: ["test/!(contract.endurance).test.ts"] })
