import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Stream } from "effect"
import { Access, AccessPlan, type AccessStep, Journal } from "../src/index.ts"
import { applied, reloaded, sorted, tagsOf } from "./support/applied.ts"
import { a, b, checkpoint, inWorld, many, policy, requestCounts, requests, test } from "./support/world.ts"

const isComplete = (steps: ReadonlyArray<AccessStep.AccessStep>) =>
  steps.every((step) => step._tag !== "CheckpointFinished" || step.complete)

interface Row {
  readonly what: string
  readonly seed?: ReadonlyArray<string>
  readonly wanted: ReadonlyArray<string>
  readonly mode?: "exact" | "at-least"
  /** Whether the plan is saved and loaded, as another run would. */
  readonly isLoaded?: boolean
  readonly behavior?: FakePermissions.Options["behavior"]
  readonly faults?: FakePermissions.Options["faults"]
  /** Between the plan and the apply. */
  readonly before?: (plan: AccessPlan.AccessPlan) => Act
  /** Five seconds after the apply began. */
  readonly meanwhile?: (plan: AccessPlan.AccessPlan) => Act
  readonly steps: ReadonlyArray<AccessStep.AccessStep["_tag"]>
  readonly isIncomplete?: boolean
  /** The differences in `Drifted`. */
  readonly differences?: RegExp
  /** The writes in `Drifted`. */
  readonly writes?: "none" | "planned"
  readonly leaves: ReadonlyArray<string>
  /** The requests of the apply. */
  readonly requests?: { readonly list: number; readonly create: number; readonly delete: number }
}

type Act = Effect.Effect<
  unknown,
  unknown,
  Access.Access | CheckpointPermissions.CheckpointPermissions | FakePermissions.FakePermissions
>

/** Takes away the permission that the plan keeps, or the one that its apply deletes. */
const remove = (which: "kept" | "deleted") => (plan: AccessPlan.AccessPlan) =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const deleted = new Set<string>(
      plan.checkpoints.flatMap(({ steps }) =>
        steps.flatMap((step) => (AccessPlan.isDelete(step) ? [step.permission.id] : []))
      )
    )
    const one = (yield* fake.permissions(a)).find(({ id }) => deleted.has(id) === (which === "deleted"))
    yield* fake.remove(a, one?.id ?? "")
  })

const seeds = (project: string) =>
  Effect.flatMap(FakePermissions.FakePermissions, ({ seed }) => seed({ [a]: [project] }))

const slowDelete = Faults.scripted([{ fault: Faults.latency({ before: "10 seconds" }), operation: "delete" }])

/** Another fiber of the service grants the project meanwhile. */
const granting = (project: string) => () =>
  Effect.zipRight(Effect.fork(Access.grant(a, [project])), Effect.sleep("1 second"))

const rows: ReadonlyArray<Row> = [
  {
    what: "a permission that was applied and deleted since is granted again",
    wanted: ["proj_x"],
    isLoaded: true,
    before: (plan) => Effect.zipRight(applied(plan), remove("kept")(plan)),
    steps: ["Granted", "CheckpointFinished"],
    leaves: ["proj_x"]
  },
  {
    what: "changes that another client made meanwhile are not repeated, and the rest is applied",
    seed: ["proj_old"],
    wanted: ["proj_x", "proj_y"],
    isLoaded: true,
    before: (plan) => Effect.zipRight(remove("deleted")(plan), seeds("proj_x")),
    steps: ["AlreadyDone", "AlreadyDone", "Granted", "CheckpointFinished"],
    leaves: ["proj_x", "proj_y"]
  },
  {
    what: "a project whose older duplicate disappears while the younger is deleted is granted again",
    seed: ["proj_x", "proj_x"],
    wanted: ["proj_x"],
    faults: slowDelete,
    meanwhile: remove("kept"),
    steps: ["Revoked", "Granted", "CheckpointFinished"],
    leaves: ["proj_x"]
  },
  {
    what: "a permission of the owner that the server lists and refuses to delete: not complete",
    seed: ["proj_own", "proj_old"],
    wanted: ["proj_x"],
    behavior: { owners: { [a]: "proj_own" } },
    steps: ["Granted", "OwnerProject", "Revoked", "CheckpointFinished"],
    isIncomplete: true,
    leaves: ["proj_own", "proj_x"]
  },
  {
    what: "a grant by another client meanwhile is drift, and is left",
    seed: ["proj_old"],
    wanted: ["proj_x"],
    before: () => seeds("proj_stranger"),
    steps: ["Granted", "Drifted", "Revoked", "CheckpointFinished"],
    writes: "planned",
    differences: /^permission cp_\w+ of proj_stranger is new$/,
    isIncomplete: true,
    leaves: ["proj_stranger", "proj_x"]
  },
  {
    what: "a revoke by another client during a grant is drift",
    seed: ["proj_x"],
    wanted: ["proj_x", "proj_y"],
    faults: Faults.scripted([{ fault: Faults.latency({ before: "10 seconds" }), operation: "create" }]),
    meanwhile: remove("kept"),
    steps: ["Granted", "Drifted", "CheckpointFinished"],
    differences: /^proj_x has no permission any more$/,
    isIncomplete: true,
    leaves: ["proj_y"]
  },
  {
    what: "a checkpoint that another fiber of this service changed meanwhile is left if it differs from the plan",
    seed: ["proj_old"],
    wanted: ["proj_x"],
    behavior: { latency: "2 seconds" },
    before: granting("proj_stranger"),
    steps: ["Drifted", "CheckpointFinished"],
    writes: "none",
    isIncomplete: true,
    leaves: ["proj_old", "proj_stranger"]
  },
  {
    what: "a duplicate that appears after the plan is left, and is no drift; those that the plan notes are deleted",
    seed: ["proj_x", "proj_x"],
    wanted: ["proj_x"],
    before: () => Effect.zipRight(Effect.sleep("2 minutes"), seeds("proj_x")),
    steps: ["Revoked", "CheckpointFinished"],
    leaves: ["proj_x", "proj_x"]
  },
  {
    what: "a duplicate that the plan notes is deleted beside grants and revokes, from a loaded plan too",
    seed: ["proj_x", "proj_x", "proj_old"],
    wanted: ["proj_x", "proj_y"],
    isLoaded: true,
    steps: ["Granted", "Revoked", "Revoked", "CheckpointFinished"],
    leaves: ["proj_x", "proj_y"]
  },
  {
    what: "a listing that lags is read again for half a minute, and no create is sent again",
    wanted: ["proj_x"],
    behavior: { listingLag: "10 seconds", regrant: "second" },
    steps: ["Granted", "CheckpointFinished"],
    leaves: ["proj_x"],
    requests: { list: 5, create: 1, delete: 0 }
  },
  {
    what: "a listing that lags longer leaves the checkpoint incomplete, and reports the server's reply",
    wanted: ["proj_x"],
    behavior: { listingLag: "10 minutes", regrant: "second" },
    steps: ["Granted", "NotListedYet", "CheckpointFinished"],
    isIncomplete: true,
    leaves: ["proj_x"],
    requests: { list: 6, create: 1, delete: 0 }
  }
]

describe("an apply reports only the state that it read in this run", () => {
  it.effect.each(rows.map((row) => [row.what, row] as const))(
    "%s",
    ([
      ,
      { before, behavior, differences, faults, isIncomplete, isLoaded, meanwhile, mode = "exact", seed = [], ...row }
    ]) =>
      inWorld(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          const wanted = policy({ [a]: { mode, projects: row.wanted } })
          const plan = yield* Effect.flatMap(Access.plan(wanted), isLoaded === true ? reloaded : Effect.succeed)
          if (before !== undefined) yield* before(plan)
          yield* fake.clearRequests
          const running = yield* Effect.fork(applied(plan))
          if (meanwhile !== undefined) yield* Effect.delay(meanwhile(plan), "5 seconds")
          const steps = yield* Fiber.join(running)
          assert.deepStrictEqual(tagsOf(steps), row.steps)
          assert.strictEqual(isComplete(steps), isIncomplete !== true)
          const said = steps.flatMap((step) => (step._tag === "Drifted" ? step.differences : []))
          if (differences !== undefined) assert.match(said.join(), differences)
          const writes = steps.flatMap((step) => (step._tag === "Drifted" ? [step.writes] : []))
          if (row.writes !== undefined) assert.deepStrictEqual(writes, [row.writes])
          assert.deepStrictEqual(sorted(yield* fake.projects(a)), row.leaves)
          if (row.requests !== undefined) assert.deepStrictEqual(yield* requestCounts, row.requests)
        }),
        { seed: { [a]: seed }, behavior, faults }
      )
  )

  test("reports when a checkpoint was read, after its creates or by the plan, and when its last delete was answered", {
    seed: { [a]: ["proj_old"], [b]: ["proj_y", "proj_old"] },
    behavior: { latency: "1 second" }
  }, function* () {
    const plan = yield* Access.plan(policy({ [a]: ["proj_x"], [b]: ["proj_y"] }))
    yield* Effect.sleep("59 minutes")
    const steps = yield* applied(plan)
    const times = (name: string) =>
      steps.flatMap((step) =>
        step._tag === "CheckpointFinished" && step.checkpoint === name
          ? [step.readAt, step.deletedAt].map((at) => at && DateTime.formatIso(at).slice(11, 19))
          : []
      )
    assert.deepStrictEqual(times(a), ["00:59:03", "00:59:04"])
    // after the first write
    assert.deepStrictEqual(times(b), ["00:00:01", "00:59:03"])
  })
})

describe("a delete of a duplicate", () => {
  const ids = many(3, "ft:")
  /** The ages of the readings by which the fake carried out deletes of a project. */
  const agesOf = (name: string) =>
    Effect.map(requests, (all) => {
      const ofCheckpoint = all.filter(({ checkpoint }) => checkpoint === name)
      return ofCheckpoint.flatMap((request, index) => {
        const before = ofCheckpoint.slice(0, index).findLast(({ operation }) => operation === "list")
        return request.operation === "delete" && before !== undefined ? [request.time - (before.answeredAt ?? 0)] : []
      })
    })

  test("is sent after another listing if it would wait longer than a minute for the rate limiter", {
    seed: Object.fromEntries(ids.map((name) => [name, ["proj_x", "proj_x"]])),
    client: { pacing: Pacing.fixed({ requests: 1, per: "90 seconds", burst: 3 }) }
  }, function* (fake) {
    // The first checkpoint uses the quota of all deletes for hours.
    yield* Effect.fork(
      Effect.forEach(many(200), () => Effect.ignore(CheckpointPermissions.delete("ft:other", "cp_none")), {
        concurrency: "unbounded"
      })
    )
    yield* Effect.sleep("1 second")
    const plan = yield* Access.plan(policy(Object.fromEntries(ids.map((name) => [name, ["proj_x"]]))))
    const steps = yield* applied(plan)
    assert.isTrue(isComplete(steps))
    for (const name of ids) {
      assert.deepStrictEqual(yield* fake.projects(name), ["proj_x"])
      const ages = yield* agesOf(name)
      assert.lengthOf(ages, 1)
      for (const age of ages) assert.isBelow(age, 60_000, name)
    }
  })
})

describe("a journal that fails half-way", () => {
  const worlds: ReadonlyArray<
    readonly [what: string, checkpoints: number, old: number, wanted: ReadonlyArray<string>]
  > = [
    ["a grant and a revoke each", 6, 1, ["proj_x"]],
    // More than are begun at once: a failure must not end the apply before what is in flight.
    ["many revokes", 4, 12, []]
  ]

  it.effect.each(worlds)("leaves every executed write reported, at any write, of %s", ([, count, old, wanted]) =>
    Effect.forEach([0, 1, 7, 12, 18, 24, 31], (nth) =>
      inWorld(
        Effect.gen(function* () {
          let writes = 0
          const journal: Journal.Journal = {
            write: () =>
              Effect.suspend(() => {
                writes += 1
                return writes > nth ? new Journal.JournalFailed({ journal: "test", reason: "disk full" }) : Effect.void
              })
          }
          const names = many(count, "ft:")
          const plan = yield* Access.plan(policy(Object.fromEntries(names.map((name) => [name, wanted]))))
          const steps: Array<AccessStep.AccessStep> = []
          const outcome = yield* Effect.either(
            Stream.runForEach(Access.apply(plan, { journal, concurrency: 3 }), (step) =>
              Effect.sync(() => void steps.push(step))
            )
          )
          assert.strictEqual(outcome._tag, writes > nth ? "Left" : "Right")
          const done = tagsOf(steps).filter((tag) => tag === "Granted" || tag === "Revoked").length
          const { create, delete: deleted } = yield* requestCounts
          assert.strictEqual(done, create + deleted, `journal full at write ${nth}`)
        }),
        {
          seed: Object.fromEntries(many(count, "ft:").map((name) => [name, many(old, "proj_old_")])),
          behavior: { latency: { min: "100 millis", max: "2 seconds" } }
        }
      )
    )
  )

  test("fails the apply, also if that is stopped meanwhile", { behavior: { latency: "1 second" } }, function* () {
    const journal: Journal.Journal = {
      write: ([entry]) =>
        entry?.event === "result" ? new Journal.JournalFailed({ journal: "test", reason: "disk full" }) : Effect.void
    }
    const plan = yield* Access.plan(policy({ [a]: ["proj_x"], [b]: ["proj_x"], "ft:c": ["proj_x"] }))
    const steps: Array<AccessStep.AccessStep> = []
    const error = yield* Effect.flip(
      Stream.runForEach(Access.apply(plan, { journal, stop: Effect.sleep("500 millis"), concurrency: 2 }), (step) =>
        Effect.sync(() => void steps.push(step))
      )
    )
    assert.strictEqual(error._tag, "JournalFailed")
    assert.deepStrictEqual(tagsOf(steps), ["Granted", "Stopped"])
  })
})

describe("in an uninterruptible region", () => {
  const names = many(4, "ft:")
  const wanted = policy(Object.fromEntries(names.map((name) => [name, ["proj_x"]])))
  const inRegion = (stop: Effect.Effect<unknown>) =>
    Effect.gen(function* () {
      const plan = yield* Access.plan(wanted)
      yield* Access.audit(names.map(checkpoint), { stop })
      const steps = yield* applied(plan, { stop })
      assert.strictEqual(tagsOf(steps).filter((tag) => tag === "CheckpointFinished").length, 4)
    })

  it.effect("a plan, an audit and an apply end", () =>
    inWorld(Effect.uninterruptible(inRegion(Effect.never)), { behavior: { latency: "1 second" } })
  )

  test("an apply sends nothing after its stream is left", { behavior: { latency: "1 second" } }, function* () {
    const plan = yield* Access.plan(wanted)
    yield* Effect.uninterruptible(Stream.runHead(Access.apply(plan, { concurrency: 1 })))
    const { create } = yield* requestCounts
    yield* Effect.sleep("1 minute")
    assert.strictEqual((yield* requestCounts).create, create)
    assert.isBelow(create, 3)
  })
})
