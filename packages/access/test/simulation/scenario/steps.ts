/** The parts of scenarios: permissions, policies, and steps of actors. */
import * as fc from "effect/FastCheck"
import {
  type Actor,
  type Apply,
  type ByHand,
  type Checkpoint,
  type Fate,
  type Initial,
  type Policy,
  projects,
  type Scenario,
  type Step,
  type Write
} from "./scenario.ts"

export const minute = 60_000
export const hour = 60 * minute

/** One of these, the first ones more often. */
export const mostly = <const A>(first: A, ...others: ReadonlyArray<A>): fc.Arbitrary<A> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(first, ...others) })

const rarely = <A>(weight: number, one: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one })

const someProjects = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...projects).map((project) => [project]) },
  { weight: 2, arbitrary: fc.subarray([...projects], { minLength: 1 }) }
)

export const checkpoint: fc.Arbitrary<Checkpoint> = mostly<Checkpoint>("ft:a", "ft:b")

/** So many permissions, and at times those of others. */
export const initial = (
  of: fc.Arbitrary<Checkpoint>,
  minLength: number,
  maxLength: number
): fc.Arbitrary<ReadonlyArray<Initial>> =>
  fc
    .tuple(
      fc.array(
        fc.record({
          checkpoint: of,
          project: fc.constantFrom(...projects),
          age: fc.nat({ max: 2 }),
          letter: fc.constantFrom("", "", "a", "z")
        }),
        { minLength, maxLength }
      ),
      fc.constantFrom(0, 0, 0, 0, 3, 6)
    )
    .map(([ours, others]) => [
      ...ours.map(
        ({ age, checkpoint, letter, project }, n): Initial => ({
          checkpoint,
          project,
          age,
          // some ids stand before, some after what the server gives out
          id: letter === "" ? undefined : letter === "a" ? `cp_-${9 - n}` : `cp_z${9 - n}`
        })
      ),
      ...Array.from(
        { length: others },
        (_, n): Initial => ({ checkpoint: "ft:a", project: `proj_other_${n}`, age: 5 - (n % 5), id: undefined })
      )
    ])

// The wanted access

export const mode = mostly("exact" as const, "at-least" as const)
export const entry = fc.record({ mode, projects: fc.subarray([...projects]) })
export const policy: fc.Arbitrary<Policy> = fc
  .record({ a: entry, b: rarely(2, entry) })
  .map(({ a, b }) => (b === undefined ? { "ft:a": a } : { "ft:a": a, "ft:b": b }))
export const policies: fc.Arbitrary<Scenario["policies"]> = fc
  .tuple(policy, fc.array(policy, { maxLength: 1 }))
  .map(([first, others]) => [first, ...others])

// The events

export const wait = fc.constantFrom(0, 0, 0, 7, 60, 1000, 20_000)
/** Between plan and apply. */
export const pause = fc.constantFrom(0, 0, 0, 30, 5000, 2 * minute, 10 * minute)

export const fate: fc.Arbitrary<Fate> = fc.record({
  what: fc.constantFrom("kill" as const, "kill" as const, "interrupt" as const, "stop" as const, "freeze" as const),
  after: fc.oneof(
    fc.constantFrom(0, 3, 30, 500, 2500, 15_000).map((millis) => ({ millis })),
    fc.integer({ min: 1, max: 400 }).map((turns) => ({ turns }))
  ),
  millis: fc.constantFrom(500, 20_000, 2 * minute, 10 * minute)
})

export const apply: fc.Arbitrary<Apply> = fc.record({
  _tag: fc.constant("apply" as const),
  policy: fc.nat({ max: 1 }),
  plan: fc.constantFrom("fresh" as const, "fresh" as const, "loaded" as const, "again" as const),
  pause,
  concurrency: fc.constantFrom(1 as const, 2 as const),
  wait,
  fate: rarely(3, fate)
})

export const write: fc.Arbitrary<Write> = fc.record({
  _tag: fc.constantFrom("grant" as const, "grant" as const, "revoke" as const),
  checkpoint,
  projects: someProjects,
  wait,
  fate: rarely(5, fate)
})

export const byHand: fc.Arbitrary<ByHand> = fc.record({
  _tag: fc.constant("by hand" as const),
  what: fc.constantFrom("add" as const, "remove oldest" as const, "remove newest" as const),
  checkpoint,
  project: fc.constantFrom(...projects),
  wait: fc.constantFrom(0, 7, 60, 1000, 20_000, minute, 5 * minute)
})

export const trouble: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("trouble" as const),
  by: fc.constantFrom(-10 * minute, -2 * minute, -30_000, 90_000, hour),
  wait: fc.constantFrom(0, 7, 60, 500, 3000, 20_000, 5 * minute)
})

export const client: fc.Arbitrary<Actor["client"]> = fc.record({
  pageSize: mostly(100, 1, 2, 3),
  prefetch: fc.boolean(),
  pacing: mostly("none" as const, "adaptive" as const)
})

export const actorOn = (machine: fc.Arbitrary<0 | 1>, steps: fc.Arbitrary<ReadonlyArray<Step>>): fc.Arbitrary<Actor> =>
  fc.record({
    machine,
    client,
    steps
  })

export const anywhere = fc.constantFrom(0 as const, 1 as const)

export const upTo = (maxLength: number, one: fc.Arbitrary<Step>) => fc.array(one, { minLength: 1, maxLength })

/** Does so much, somewhere. */
export const does = (maxLength: number, one: fc.Arbitrary<Step>) => actorOn(anywhere, upTo(maxLength, one))

/** An actor without faults beside those of the scenario. */
export const plainActor: Omit<Actor, "steps"> = {
  machine: 0,
  client: { pageSize: 100, prefetch: false, pacing: "none" }
}

/** A server without quirks. */
export const quiet = {
  shortPages: "never",
  listingLag: 0,
  owners: {},
  rate: "unlimited",
  maxLimit: 100,
  maxProjects: 100
} as const

/** An apply in which nothing happens to the process. */
export const plainly = (plan: Apply["plan"]): Apply => ({
  _tag: "apply",
  policy: 0,
  plan,
  pause: 0,
  concurrency: 1,
  wait: 0,
  fate: undefined
})
