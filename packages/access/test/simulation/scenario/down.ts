/** A server that does not answer for a while, and runs over so many checkpoints that they end before their time. */
import { faults } from "@checkpoint-permissions/fake"
import * as fc from "effect/FastCheck"
import { type Initial, many, type Policy } from "./model.ts"
import { type Part, quiet, somebody, undisturbed } from "./steps.ts"

const wanted: Policy = Object.fromEntries(
  many.map((checkpoint) => [checkpoint, { mode: "exact", projects: ["proj_a"] }])
)

const initial = many.map((checkpoint): Initial => ({ checkpoint, project: "proj_a", age: 1, id: undefined }))

/** What each listing is answered with, from the first checkpoint on: long rows, short ones, and others in between. */
const statuses: fc.Arbitrary<ReadonlyArray<number>> = fc
  .array(fc.tuple(fc.constantFrom(500, 500, 503, 403, 404, 200), fc.constantFrom(1, 2, 4, 11, 12)), {
    minLength: many.length,
    maxLength: many.length
  })
  .map((rows) => rows.flatMap(([status, length]) => Array.from({ length }, () => status)))

/** The plan that is loaded was made before. */
export const down: fc.Arbitrary<Part> = fc.tuple(undisturbed, statuses).map(([one, statuses]) => ({
  actors: [{ ...somebody, steps: [one] }],
  policies: [wanted],
  initial,
  faults: faults.scripted(
    many.flatMap((checkpoint, n) => {
      const status = statuses[n] ?? 200
      if (status === 200) return []
      const nth = one.plan === "loaded" ? 2 : 1
      return [{ fault: faults.error(status), operation: "list" as const, checkpoint, nth, times: 1000 }]
    })
  ),
  behavior: quiet
}))
