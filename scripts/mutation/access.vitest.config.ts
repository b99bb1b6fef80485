import { mutated } from "./project.ts"

// All but the tests of these rules. The simulation would take most of the time, and its planted mistakes look for the
// very texts that are mutated.
export default mutated("access", ["test/!(AccessPlan|apply*|breaker*|ends|planScope).test.ts"])
