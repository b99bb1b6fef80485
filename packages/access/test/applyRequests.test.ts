import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Access, AccessPlan } from "../src/index.ts"
import { inWorld, many, policy, requestCounts } from "./support/world.ts"

const a = "ft:gpt-4o-mini-2024-07-18:org:a:A1"

interface Case {
  readonly seed: ReadonlyArray<
    string | { readonly project_id: string; readonly id: string; readonly created_at: number }
  >
  readonly wanted: ReadonlyArray<string>
  /** Between plan and apply. */
  readonly pause?: "59 seconds" | "1 minute"
  readonly deleteTakes?: "40 seconds"
  readonly moreThanEstimated?: 1
  readonly requests: { readonly list: number; readonly create: number; readonly delete: number }
}

/** On the first page of a listing the permission of `proj_a` that stays, on the second its double, all of one second. */
const doubleOnTwoPages = ["proj_a", ...many(99), "proj_a"].map((project_id, index) => ({
  project_id,
  id: `cp_${200 - index}`,
  created_at: 1_700_000_000
}))

/** The requests of plan and apply together. */
const cases: Readonly<Record<string, Case>> = {
  "an unchanged checkpoint": {
    seed: ["proj_a"],
    wanted: ["proj_a"],
    requests: { list: 1, create: 0, delete: 0 }
  },
  "revokes of unwanted projects only": {
    seed: ["proj_a", "proj_b", "proj_c"],
    wanted: ["proj_a"],
    pause: "1 minute",
    requests: { list: 1, create: 0, delete: 2 }
  },
  "grants only": {
    seed: [],
    wanted: many(100),
    requests: { list: 2, create: 1, delete: 0 }
  },
  "grants of more than a hundred": {
    seed: [],
    wanted: many(101),
    // Two pages after the creates.
    requests: { list: 3, create: 2, delete: 0 }
  },
  "grants and revokes": {
    seed: ["proj_x", "proj_y"],
    wanted: ["proj_a"],
    pause: "1 minute",
    requests: { list: 2, create: 1, delete: 2 }
  },
  "an unwanted project with two permissions, beside a grant": {
    seed: ["proj_x", "proj_x"],
    wanted: ["proj_a"],
    pause: "1 minute",
    requests: { list: 2, create: 1, delete: 2 }
  },
  "a double, soon after the plan's reading": {
    seed: ["proj_a", "proj_a"],
    wanted: ["proj_a"],
    pause: "59 seconds",
    requests: { list: 2, create: 0, delete: 1 }
  },
  "a double, a minute after the plan's reading": {
    seed: ["proj_a", "proj_a"],
    wanted: ["proj_a"],
    pause: "1 minute",
    requests: { list: 3, create: 0, delete: 1 }
  },
  "two doubles of a project, each delete forty seconds": {
    seed: ["proj_a", "proj_a", "proj_a"],
    wanted: ["proj_a"],
    deleteTakes: "40 seconds",
    requests: { list: 2, create: 0, delete: 2 }
  },
  "three doubles of a project, each delete forty seconds": {
    seed: ["proj_a", "proj_a", "proj_a", "proj_a"],
    wanted: ["proj_a"],
    deleteTakes: "40 seconds",
    // The third delete would come more than a minute after the reading.
    requests: { list: 3, create: 0, delete: 3 }
  },
  "doubles of two projects": {
    seed: ["proj_a", "proj_a", "proj_b", "proj_b", "proj_b"],
    wanted: ["proj_a", "proj_b"],
    requests: { list: 3, create: 0, delete: 3 }
  },
  "a double where there are grants": {
    seed: ["proj_a", "proj_a"],
    wanted: ["proj_a", "proj_b"],
    pause: "1 minute",
    requests: { list: 3, create: 1, delete: 1 }
  },
  "a double of one second on two pages": {
    seed: [...doubleOnTwoPages, { project_id: "proj_b", id: "cp_b", created_at: 1_700_000_001 }],
    wanted: ["proj_a", "proj_b", ...many(99)],
    requests: { list: 3, create: 0, delete: 1 }
  },
  "a double of the newest second on two pages": {
    seed: doubleOnTwoPages,
    wanted: ["proj_a", ...many(99)],
    moreThanEstimated: 1,
    requests: { list: 4, create: 0, delete: 1 }
  }
}

const reloaded = (plan: AccessPlan.AccessPlan) => Effect.flatMap(AccessPlan.toJson(plan), AccessPlan.fromJson)

describe("the requests of an apply", () => {
  for (const [name, { deleteTakes, moreThanEstimated = 0, pause, requests, seed, wanted }] of Object.entries(cases)) {
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
          const steps = [...(yield* Stream.runCollect(Access.apply(plan)))]
          const counts = yield* requestCounts
          assert.deepInclude(steps.at(-1), { _tag: "CheckpointFinished", complete: true })
          assert.deepStrictEqual([...(yield* fake.projects(a))].sort(), [...wanted].sort())
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

    it.effect(`${name}: ${JSON.stringify(requests)}`, () =>
      Effect.gen(function* () {
        const { counts, estimated, planned } = yield* run(Effect.succeed)
        assert.deepStrictEqual(counts, requests)
        if ((pause !== "1 minute" || requests.create > 0) && deleteTakes === undefined) {
          assert.deepStrictEqual(estimated, { ...requests, list: requests.list - planned.list - moreThanEstimated })
        }
      })
    )

    it.effect(`${name}, of a plan that was loaded: its reading stands for the plan's`, () =>
      Effect.gen(function* () {
        const { counts, planned } = yield* run(reloaded)
        const fresh = pause === "1 minute" && requests.create === 0 && name.startsWith("a double") ? 1 : 0
        assert.deepStrictEqual(
          { ...counts, list: counts.list - planned.list },
          { ...requests, list: requests.list - fresh }
        )
      })
    )
  }
})
