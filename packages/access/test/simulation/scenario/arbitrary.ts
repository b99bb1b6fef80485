/** Random scenarios: each seed makes one. */

import type { behavior } from "@checkpoint-permissions/fake"
import { behavior as fakeBehavior } from "@checkpoint-permissions/fake"
import * as fc from "effect/FastCheck"
import { serverFaults } from "./faults.ts"
import { type Actor, ownerOf, projects, type Scenario } from "./scenario.ts"
import {
  actorOn,
  anywhere,
  apply,
  byHand,
  checkpoint,
  does,
  hour,
  initial,
  minute,
  mostly,
  policies,
  trouble,
  upTo,
  write
} from "./steps.ts"

const { unknowns } = fakeBehavior

// The server

const rate: fc.Arbitrary<NonNullable<behavior.Settings["rate"]>> = fc.oneof(
  { weight: 12, arbitrary: fc.constant("unlimited" as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      requests: fc.constantFrom(10, 60),
      per: fc.constant(minute),
      refill: fc.constantFrom("continuous" as const, "window" as const),
      headers: fc.constantFrom("none" as const, "retry-after" as const)
    })
  }
)

const limits = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ maxLimit: 100, overLimit: "clamp" as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { maxLimit: 1, overLimit: "clamp" as const },
      { maxLimit: 2, overLimit: "clamp" as const },
      { maxLimit: 3, overLimit: "clamp" as const },
      { maxLimit: 10, overLimit: "bad-request" as const }
    )
  }
)

const shortPages = fc.constantFrom<NonNullable<behavior.Settings["shortPages"]>>(
  "never",
  "every-other",
  "filter-after-limit",
  ...[1, 2, 3].map((seed) => ({ seed }))
)

const serverBehavior: fc.Arbitrary<behavior.Settings> = fc
  .record({
    regrant: mostly("second", ...unknowns.regrant),
    partialCreate: fc.constantFrom(...unknowns.partialCreate),
    deleteGone: mostly("not-found", ...unknowns.deleteGone),
    unknownAfter: fc.constantFrom(...unknowns.unknownAfter),
    shortPages: fc.oneof({ weight: 2, arbitrary: fc.constant("never" as const) }, { weight: 1, arbitrary: shortPages }),
    limits,
    maxProjects: mostly(100, 1, 2, 3),
    owners: fc.oneof(
      { weight: 5, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.tuple(checkpoint, fc.constantFrom(...projects)).map(([owned, project]) => ({ [owned]: project }))
      }
    ),
    rate,
    listingLag: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(300, 3000, 12_000, 25_000, 40_000) }
    ),
    latency: fc.constantFrom(0, 5, 50, 2000),
    replyLatency: fc.constantFrom(0, 5, 50, 2000)
  })
  .map(({ limits: { maxLimit, overLimit }, ...settings }) => ({ ...settings, maxLimit, overLimit }))

/** One apply, and again, whatever happens to it. */
const alone = fc.tuple(does(3, apply))
/** Two applies at about the same time, of two machines. */
const rivals = fc.tuple(actorOn(fc.constant(0), upTo(2, apply)), actorOn(fc.constant(1), upTo(2, apply)))
/** Two applies of one machine. */
const neighbours = fc.tuple(actorOn(fc.constant(0), upTo(1, apply)), actorOn(fc.constant(0), upTo(2, apply)))
/** An apply, while people do things. */
const disturbed = anywhere.chain((machine) =>
  fc.tuple(
    actorOn(fc.constant(machine), upTo(2, apply)),
    actorOn(fc.constant(machine), upTo(3, fc.oneof(byHand, byHand, trouble)))
  )
)
/** An apply, and an urgent revoke or grant. */
const urgent = fc.tuple(does(1, apply), does(2, fc.oneof(write, write, byHand)))
/** Two that want the same of a few projects, or the opposite. */
const writers = fc.tuple(does(2, write), does(3, fc.oneof(write, write, byHand)))
/** Anything. */
const anything = fc.array(does(3, fc.oneof(apply, apply, write, byHand, trouble)), {
  minLength: 1,
  maxLength: 3
})

const actors: fc.Arbitrary<ReadonlyArray<Actor>> = fc.oneof(
  { weight: 3, arbitrary: alone },
  { weight: 5, arbitrary: rivals },
  { weight: 2, arbitrary: neighbours },
  { weight: 5, arbitrary: disturbed },
  { weight: 2, arbitrary: urgent },
  { weight: 3, arbitrary: writers },
  { weight: 2, arbitrary: anything }
)

/** The owner has access without a permission, so none is there for it. */
const withoutOwners = (one: Scenario): Scenario => ({
  ...one,
  initial: one.initial.filter(({ checkpoint, project }) => ownerOf(one, checkpoint) !== project)
})

const scenarios = (seed: number): fc.Arbitrary<Scenario> =>
  fc
    .record({
      seed: fc.constant(seed),
      yieldChance: fc.constantFrom(0, 0.01, 0.02),
      behavior: serverBehavior,
      faults: serverFaults,
      initial: initial(checkpoint, 0, 6),
      policies,
      clocks: fc.tuple(fc.constant(0), fc.constantFrom(0, -hour, 2 * minute)),
      actors
    })
    .map(withoutOwners)

/** The scenario of a seed. */
export const scenarioOf = (seed: number): Scenario => {
  const [one] = fc.sample(scenarios(seed), { numRuns: 1, seed })
  if (one === undefined) throw new Error("a sample of one has one")
  return one
}
