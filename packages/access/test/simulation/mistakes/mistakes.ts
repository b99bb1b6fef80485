/** Mistakes that are planted in the library, each of which the simulation has to find. */
import { applying } from "./applying.ts"
import { locking } from "./locking.ts"
import type { Mistake } from "./mistake.ts"
import { reading } from "./reading.ts"
import { writing } from "./writing.ts"

export const mistakes: ReadonlyArray<Mistake> = [...reading, ...writing, ...applying, ...locking]
