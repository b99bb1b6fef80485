/** Random cases of the model. */
import { ServerBehavior } from "@checkpoint-permissions/testing"
import * as fc from "effect/FastCheck"
import {
  type Case,
  checkpointA,
  checkpointB,
  checkpoints,
  type Initial,
  type Program,
  projects,
  type Step,
  startAt
} from "./modelCase.ts"
import { plans } from "./modelFaults.ts"

const { unknowns } = ServerBehavior

const rate: fc.Arbitrary<ServerBehavior.ServerBehavior["rate"]> = fc.oneof(
  { weight: 9, arbitrary: fc.constant("unlimited" as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      requests: fc.constantFrom(10, 3, 60),
      per: fc.constant("1 minute" as const),
      refill: fc.constantFrom("continuous" as const, "window" as const),
      countRefused: fc.boolean(),
      headers: fc.constantFrom("none" as const, "retry-after" as const)
    })
  }
)

const owners = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...checkpoints), fc.constantFrom(...projects))
      .map(([checkpoint, project]) => ({ [checkpoint]: project }))
  }
)

/** A server that refuses pages of ten can be listed by nobody who asks for pages of ten, so it may refuse larger ones only. */
const limits = fc.constantFrom(
  { maxLimit: 100, overLimit: "clamp" as const },
  { maxLimit: 1, overLimit: "clamp" as const },
  { maxLimit: 2, overLimit: "clamp" as const },
  { maxLimit: 3, overLimit: "clamp" as const },
  { maxLimit: 10, overLimit: "bad-request" as const }
)

const behavior: fc.Arbitrary<ServerBehavior.Settings> = fc
  .record({
    regrant: fc.constantFrom(...unknowns.regrant, "second" as const),
    partialCreate: fc.constantFrom(...unknowns.partialCreate),
    deleteGone: fc.constantFrom(...unknowns.deleteGone),
    unknownAfter: fc.constantFrom(...unknowns.unknownAfter, "empty-page" as const),
    shortPages: fc.constantFrom(
      ...unknowns.shortPages,
      "filter-after-limit" as const,
      ...[1, 2, 3, 4].map((seed) => ({ seed }))
    ),
    limits,
    maxProjects: fc.constantFrom(100, 1, 2, 3),
    owners,
    rate,
    latency: fc.constantFrom(0, 5, 50, 10_000),
    replyLatency: fc.constantFrom(0, 5, 50, 10_000)
  })
  .map(({ limits, ...settings }) => ({ ...settings, ...limits }))

const checkpoint = fc.constantFrom(checkpointA, checkpointA, checkpointA, checkpointB)

const some = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...projects).map((project) => [project]) },
  { weight: 3, arbitrary: fc.subarray([...projects], { minLength: 1 }) }
)
const wait = fc.constantFrom(0, 0, 0, 7, 60, 1000, 20_000)
const interruptAfter = fc.oneof(
  { weight: 7, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(0, 3, 30, 2000, 15_000) }
)

const grant: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("grant" as const),
  checkpoint,
  projects: some,
  wait,
  interruptAfter
})

const revoke: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("revoke" as const),
  checkpoint,
  projects: some,
  wait,
  interruptAfter
})

const list: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("list" as const),
  checkpoint,
  project: fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...projects) }
  ),
  order: fc.constantFrom("descending" as const, "ascending" as const),
  pause: fc.constantFrom(0, 20, 1500, 1500),
  resume: fc.boolean(),
  wait,
  interruptAfter
})

const create: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("create" as const),
  checkpoint,
  projects: some,
  wait
})

const remove: fc.Arbitrary<Step> = fc.record({
  _tag: fc.constant("delete" as const),
  checkpoint,
  nth: fc.nat({ max: 9 }),
  wait
})

const removal = fc.oneof(remove, revoke)

const step = fc.oneof(
  { weight: 5, arbitrary: grant },
  { weight: 3, arbitrary: revoke },
  { weight: 3, arbitrary: list },
  { weight: 1, arbitrary: create },
  { weight: 2, arbitrary: remove }
)

const initial: fc.Arbitrary<ReadonlyArray<Initial>> = fc
  .tuple(
    fc.array(
      fc.record({
        checkpoint,
        project: fc.constantFrom(...projects),
        age: fc.nat({ max: 3 }),
        letter: fc.constantFrom("", "a", "z")
      }),
      { maxLength: 7 }
    ),
    fc.constantFrom(0, 0, 0, 3, 11)
  )
  .map(([ours, others]) => [
    ...ours.map(
      ({ age, checkpoint, letter, project }, n): Initial => ({
        checkpoint,
        project_id: project,
        created_at: startAt / 1000 - age,
        // some ids stand before, some after what the server gives out
        ...(letter === "" ? {} : { id: letter === "a" ? `cp_-${9 - n}` : `cp_z${9 - n}` })
      })
    ),
    ...Array.from(
      { length: others },
      (_, n): Initial => ({
        checkpoint: checkpointA,
        project_id: `proj_other_${n}`,
        created_at: startAt / 1000 - 5 + (n % 5)
      })
    )
  ])

const program = (service: fc.Arbitrary<0 | 1>, one: fc.Arbitrary<Step>): fc.Arbitrary<Program> =>
  fc.record({ service, steps: fc.array(one, { minLength: 1, maxLength: 4 }) })

/** Two that want the same at about the same time. */
const rivals: fc.Arbitrary<ReadonlyArray<Program>> = fc
  .record({
    step: fc.oneof({ weight: 3, arbitrary: grant }, { weight: 1, arbitrary: revoke }),
    other: fc.oneof({ weight: 3, arbitrary: grant }, { weight: 1, arbitrary: removal }),
    waits: fc.tuple(fc.constantFrom(0, 7, 60), fc.constantFrom(0, 7, 60)),
    then: step
  })
  .map(({ other, step, then, waits }) => [
    { service: 0, steps: [{ ...step, wait: waits[0] }] },
    {
      service: 1,
      steps: [
        { ...other, ...("projects" in other && "projects" in step ? { projects: step.projects } : {}), wait: waits[1] },
        then
      ].map((one) => ({ ...one, checkpoint: step.checkpoint }))
    }
  ])

/** Whatever comes, or somebody who reads slowly while others change what is read; of two services also rivals. */
const programs = (services: 1 | 2): fc.Arbitrary<ReadonlyArray<Program>> => {
  const service = services === 1 ? fc.constant<0 | 1>(0) : fc.constantFrom<0 | 1>(0, 1)
  return fc.oneof(
    { weight: 4, arbitrary: fc.array(program(service, step), { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.tuple(program(service, list), program(service, fc.oneof(removal, removal, step))) },
    { weight: services === 1 ? 0 : 3, arbitrary: rivals }
  )
}

/** The owner has access without a permission, so none is there for it. */
const withoutOwners = (one: Case): Case => ({
  ...one,
  initial: one.initial.filter(({ checkpoint, project_id }) => one.behavior.owners?.[checkpoint] !== project_id)
})

/** Cases for one service, or for two that know nothing of each other. */
export const cases = (services: 1 | 2): fc.Arbitrary<Case> =>
  fc
    .record({
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      behavior,
      faults: plans,
      initial,
      client: fc.record({
        pageSize: fc.constantFrom(100, 1, 2, 3, 12),
        prefetch: fc.boolean(),
        pacing: fc.constantFrom("none" as const, "none" as const, "adaptive" as const)
      }),
      programs: programs(services)
    })
    .map(withoutOwners)
