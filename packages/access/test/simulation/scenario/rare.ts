/** Scenarios that random draws hardly contain: each needs several coincidences. */
import { faults } from "@checkpoint-permissions/fake"
import * as fc from "effect/FastCheck"
import type { Actor, ByHand, Initial, List, Project, Step, Write } from "./model.ts"
import { projects } from "./model.ts"
import { initial, list, type Part, plainActor, policy, quiet, undisturbed } from "./steps.ts"

const does = (...steps: ReadonlyArray<Step>): Actor => ({ ...plainActor, steps })

const granting = (projects: ReadonlyArray<Project>): Write => ({
  _tag: "grant",
  checkpoint: "ft:a",
  projects,
  wait: 0,
  fate: undefined
})

const removed = (project: Project, wait: number): ByHand => ({
  _tag: "by hand",
  what: "remove newest",
  checkpoint: "ft:a",
  project,
  wait
})

const several = fc.subarray([...projects], { minLength: 2 })

const onePerProject: fc.Arbitrary<ReadonlyArray<Initial>> = fc
  .shuffledSubarray([...projects], { minLength: 3 })
  .map((all) => all.map((project, age) => ({ checkpoint: "ft:a", project, age, id: undefined })))

/** A listing goes on after a permission that was deleted, and the server answers that nothing follows. */
const cursorGone = fc
  .record({
    list,
    pageSize: fc.constantFrom(1, 2),
    initial: onePerProject,
    removals: fc.array(fc.tuple(fc.constantFrom(...projects), fc.constantFrom(60, 1000, 1500)), {
      minLength: 1,
      maxLength: 3
    })
  })
  .map(({ initial, list, pageSize, removals }): Part => {
    const one: List = { ...list, checkpoint: "ft:a", project: undefined, pause: 1500, wait: 0, fate: undefined }
    return {
      actors: [
        { ...plainActor, client: { ...plainActor.client, pageSize }, steps: [one] },
        does(...removals.map(([project, wait]) => removed(project, wait)))
      ],
      initial,
      faults: faults.none,
      behavior: { ...quiet, unknownAfter: "empty-page", latency: 5, replyLatency: 5 }
    }
  })

/** Grants or applies, where what a reply to a create says is not all that was done. */
const inPart = (behavior: fc.Arbitrary<NonNullable<Part["behavior"]>>, namesOnly: number | undefined) =>
  fc
    .record({
      step: fc.oneof(
        undisturbed,
        several.map((projects) => granting(projects))
      ),
      policy,
      initial: initial(fc.constant("ft:a"), 0, 2),
      behavior
    })
    .map(
      ({ behavior, initial, policy, step }): Part => ({
        actors: [does(step)],
        policies: [policy],
        initial,
        faults: faults.none,
        behavior: { ...quiet, ...behavior },
        ...(namesOnly === undefined ? {} : { namesOnly })
      })
    )

/** The reply to a create names one of those that it granted. */
const terse = inPart(fc.constantFrom({ regrant: "existing" as const }, { regrant: "second" as const }), 1)

/** A create is refused because of one project, and grants the others. */
const refusedInPart = inPart(
  fc.record({
    partialCreate: fc.constant("others" as const),
    regrant: fc.constantFrom("conflict" as const, "bad-request" as const),
    owners: fc.constantFrom(...projects).map((project) => ({ "ft:a": project }))
  }),
  undefined
)

/** A project is granted by hand just before a grant, and that permission is removed just before the other, its double, is. */
const leftWithNone = fc
  .record({
    project: fc.constantFrom(...projects),
    added: fc.integer({ min: 1, max: 12 }),
    removed: fc.integer({ min: 5, max: 20 })
  })
  .map(
    ({ added, project, removed }): Part => ({
      actors: [
        does(granting([project])),
        does(
          { _tag: "by hand", what: "add", checkpoint: "ft:a", project, wait: added * 10 },
          { _tag: "by hand", what: "remove oldest", checkpoint: "ft:a", project, wait: removed * 10 }
        )
      ],
      initial: [],
      faults: faults.none,
      behavior: { ...quiet, regrant: "second", latency: 50, replyLatency: 50 }
    })
  )

export const rare: fc.Arbitrary<Part> = fc.oneof(
  { weight: 1, arbitrary: cursorGone },
  { weight: 1, arbitrary: terse },
  { weight: 2, arbitrary: refusedInPart },
  { weight: 3, arbitrary: leftWithNone }
)
