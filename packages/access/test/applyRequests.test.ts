import { Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { Access, type AccessPlan } from "../src/index.ts"
import { applied, reloaded, sorted } from "./support/applied.ts"
import { a, inWorld, many, policy, requestCounts } from "./support/world.ts"

type Seed = string | { readonly project_id: string; readonly id: string; readonly created_at: number }

interface Options {
  /** Between plan and apply. */
  readonly pause?: "1 minute"
  readonly deleteTakes?: "40 seconds"
  readonly moreThanEstimated?: 1
}

type Case = readonly [
  name: string,
  seed: ReadonlyArray<Seed>,
  wanted: ReadonlyArray<string>,
  requests: readonly [list: number, create: number, deletes: number],
  options?: Options
]

/** On the first page of a listing the permission of `proj_a` that stays, on the second its double, all of one second. */
const doubleOnTwoPages = ["proj_a", ...many(99), "proj_a"].map((project_id, index) => ({
  project_id,
  id: `cp_${200 - index}`,
  created_at: 1_700_000_000
}))

const later = { pause: "1 minute" } as const
const slow = { deleteTakes: "40 seconds" } as const

/** The requests of plan and apply together. */
const cases: ReadonlyArray<Case> = [
  ["an unchanged checkpoint", ["proj_a"], ["proj_a"], [1, 0, 0]],
  ["revokes of unwanted projects only", ["proj_a", "proj_b", "proj_c"], ["proj_a"], [1, 0, 2], later],
  ["grants only", [], many(100), [2, 1, 0]],
  // Two pages after the creates.
  ["grants of more than a hundred", [], many(101), [3, 2, 0]],
  ["grants and revokes", ["proj_x", "proj_y"], ["proj_a"], [2, 1, 2], later],
  ["duplicates of an unwanted project, beside a grant", ["proj_x", "proj_x"], ["proj_a"], [2, 1, 2], later],
  ["a duplicate", ["proj_a", "proj_a"], ["proj_a"], [3, 0, 1]],
  ["a duplicate, a minute after the plan's reading", ["proj_a", "proj_a"], ["proj_a"], [3, 0, 1], later],
  ["two duplicates, each delete forty seconds", ["proj_a", "proj_a", "proj_a"], ["proj_a"], [3, 0, 2], slow],
  // The third delete would come more than a minute after the reading.
  ["three duplicates, each delete forty seconds", Array(4).fill("proj_a"), ["proj_a"], [4, 0, 3], slow],
  ["duplicates of two projects", ["proj_a", "proj_a", "proj_b", "proj_b", "proj_b"], ["proj_a", "proj_b"], [4, 0, 3]],
  ["a duplicate where there are grants", ["proj_a", "proj_a"], ["proj_a", "proj_b"], [4, 1, 1], later],
  [
    "a duplicate of one second on two pages",
    [...doubleOnTwoPages, { project_id: "proj_b", id: "cp_b", created_at: 1_700_000_001 }],
    ["proj_a", "proj_b", ...many(99)],
    [5, 0, 1]
  ],
  [
    "a duplicate of the newest second on two pages",
    doubleOnTwoPages,
    ["proj_a", ...many(99)],
    [6, 0, 1],
    { moreThanEstimated: 1 }
  ]
]

describe("the requests of an apply", () => {
  for (const [name, seed, wanted, [list, create, deletes], options = {}] of cases) {
    const { deleteTakes, moreThanEstimated = 0, pause } = options
    const requests = { list, create, delete: deletes }
    const run = (
      again: (plan: AccessPlan.AccessPlan) => Effect.Effect<AccessPlan.AccessPlan, AccessPlan.PlanRefused>
    ) =>
      inWorld(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          const plan = yield* Effect.flatMap(Access.plan(policy({ [a]: wanted })), again)
          if (pause !== undefined) yield* Effect.sleep(pause)
          const planned = yield* requestCounts
          const estimated = (yield* Access.estimate(plan)).requests
          const steps = yield* applied(plan)
          const counts = yield* requestCounts
          assert.deepInclude(steps.at(-1), { _tag: "CheckpointFinished", complete: true })
          assert.deepStrictEqual(sorted(yield* fake.projects(a)), sorted(wanted))
          return { planned, counts, estimated }
        }),
        {
          seed: { [a]: seed },
          client: { timeout: "1 minute" },
          faults: Faults.scripted(
            deleteTakes === undefined
              ? []
              : [{ fault: Faults.latency({ before: deleteTakes }), operation: "delete", times: 100 }]
          )
        }
      )

    scoped(`${name}: ${JSON.stringify(requests)}`, function* () {
      const { counts, estimated, planned } = yield* run(Effect.succeed)
      assert.deepStrictEqual(counts, requests)
      if (deleteTakes === undefined) {
        assert.deepStrictEqual(estimated, { ...requests, list: requests.list - planned.list - moreThanEstimated })
      }
    })

    scoped(`${name}: a loaded plan is read again instead of the plan's snapshot`, function* () {
      const { counts, planned } = yield* run(reloaded)
      const again = /^(a|two|three) duplicates?\b|^duplicates of two/.test(name) ? planned.list : 0
      assert.deepStrictEqual(
        { ...counts, list: counts.list - planned.list },
        { ...requests, list: requests.list - again }
      )
    })
  }
})

it.effect(
  "an estimate counts one more listing for each snapshot that is too old when its checkpoint is reached",
  () => {
    const names = many(15, "ft:")
    const options = { maxSnapshotAge: "1 minute", concurrency: 1 } as const
    return inWorld(
      Effect.gen(function* () {
        const plan = yield* Access.plan(policy(Object.fromEntries(names.map((name) => [name, ["proj_x"]]))))
        const { list: planned } = yield* requestCounts
        const { requests } = yield* Access.estimate(plan, options)
        yield* applied(plan, options)
        const { list } = yield* requestCounts
        assert.strictEqual(list - planned, 15 + 15)
        assert.deepStrictEqual(requests, { list: 15 + 15, create: 15, delete: 0 })
        assert.strictEqual((yield* Access.estimate(plan, { maxSnapshotAge: "1 day" })).requests.list, 15)
      }),
      { client: { pacing: Pacing.fixed({ requests: 10, per: "1 minute", burst: 1 }) } }
    )
  }
)
