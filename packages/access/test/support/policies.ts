/** Random policies, in which the hostile strings are groups and ids. */
import { AccessPolicy } from "@checkpoint-permissions/access"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { Arbitrary, FastCheck as fc, Schema } from "effect"
import { ids, projects, text } from "./hostile.ts"

const project: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...projects),
  Arbitrary.make(ProjectId).filter((id) => !id.startsWith("@"))
)

const checkpoint: fc.Arbitrary<string> = fc.oneof(fc.constantFrom(...ids), Arbitrary.make(CheckpointId))

/** `Object.fromEntries`, unlike an assignment, makes even `__proto__` an entry. */
const mapping = <A>(key: fc.Arbitrary<string>, value: fc.Arbitrary<A>, maxLength: number) =>
  fc
    .uniqueArray(fc.tuple(key, value), { maxLength, selector: ([name]) => name })
    .map((entries): { readonly [key: string]: A } => Object.fromEntries(entries))

const day = fc.constantFrom("2027-01-31", "2028-02-29", "1999-12-31")

/** Access that ends; in the mode `exact`, of a project that does not own the model. */
const ending = fc.record(
  {
    project,
    until: day,
    reason: text
  },
  { requiredKeys: ["project", "until"] }
)

const list = <A>(item: fc.Arbitrary<A>) => fc.uniqueArray(item, { maxLength: 5 })

const encoded: fc.Arbitrary<typeof AccessPolicy.AccessPolicy.Encoded> = fc
  .record({ groups: mapping(project, list(project), 4) })
  .chain(({ groups }) => {
    const group = Object.keys(groups).map((name) => `@${name}`)
    const entry = group.length === 0 ? project : fc.oneof(project, fc.constantFrom(...group))
    const checkpoints = mapping(
      checkpoint,
      fc.oneof(
        fc.record(
          {
            owner: project,
            lastReview: day,
            reviewEvery: fc.constantFrom("90d", "2d"),
            mode: fc.constantFrom("exact" as const, "at-least" as const),
            projects: list(entry)
          },
          { requiredKeys: ["projects"] }
        ),
        fc.record({
          projects: fc
            .tuple(list(entry), fc.uniqueArray(ending, { maxLength: 3, selector: (one) => one.project }))
            .map((both) => both.flat())
        })
      ),
      5
    )
    return fc.record(
      {
        version: fc.constant(1 as const),
        reviewEvery: fc.constantFrom("90d", "1d"),
        lastReview: day,
        groups: fc.constant(groups),
        checkpoints
      },
      {
        requiredKeys:
          Object.keys(groups).length === 0 ? ["version", "checkpoints"] : ["version", "groups", "checkpoints"]
      }
    )
  })

/** A policy that is as it should be. */
export const policy: fc.Arbitrary<AccessPolicy.AccessPolicy> = encoded.map(
  Schema.decodeUnknownSync(AccessPolicy.AccessPolicy)
)

/** The entries of a policy, `__proto__` too, so that two are compared as they are written. */
export const spelt = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(spelt)
  if (typeof value !== "object" || value === null) return value
  return Object.entries(value).map(([key, inner]) => [key, spelt(inner)])
}
