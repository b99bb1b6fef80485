import { mutated } from "./project.ts"

// The tests of these rules only: the simulation would take most of the time.
export default mutated({ access: ["test/!(AccessPlan|apply*|breaker*|ends|planScope).test.ts"] })
