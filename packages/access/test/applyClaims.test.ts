import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Stream } from "effect"
import { Access, AccessPlan, type AccessPolicy, type AccessStep, Journal, Lock } from "../src/index.ts"
import { checkpoint, inWorld, many, policy, projects, requestCounts, service } from "./support/world.ts"

const a = "ft:gpt-4o-mini-2024-07-18:org:a:A1"
const b = "ft:gpt-4o-mini-2024-07-18:org:b:B1"

const applied = (plan: AccessPlan.AccessPlan, options?: Access.ApplyOptions) =>
  Effect.map(Stream.runCollect(Access.apply(plan, options)), (steps) => [...steps])

const tagsOf = (steps: ReadonlyArray<AccessStep.AccessStep>) => steps.map(({ _tag }) => _tag)

const sorted = (ids: ReadonlyArray<string>) => [...ids].sort()

const reloaded = (plan: AccessPlan.AccessPlan) => Effect.flatMap(AccessPlan.toJson(plan), AccessPlan.fromJson)

const isComplete = (steps: ReadonlyArray<AccessStep.AccessStep>) =>
  steps.every((step) => step._tag !== "CheckpointFinished" || step.complete)

describe("what an apply says of a checkpoint, it has read in this run", () => {
  it.effect("two applies at once where a repeated grant makes a second permission leave no double", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const other = yield* service()
        const names = many(6, "ft:")
        const wanted = policy(Object.fromEntries(names.map((name) => [name, many(5)])))
        const one = Effect.gen(function* () {
          return yield* applied(yield* Access.plan(wanted))
        })
        const [first, second] = yield* Effect.all(
          [one, Effect.provideService(one, CheckpointPermissions.CheckpointPermissions, other)],
          { concurrency: 2 }
        )
        for (const name of names) assert.deepStrictEqual(sorted(yield* fake.projects(name)), many(5))
        assert.isTrue(isComplete(first) && isComplete(second))
      }),
      { behavior: { regrant: "second", latency: "1 second" } }
    )
  )

  it.effect("a checkpoint that an interrupted run finished is read by the next one", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"], [b]: ["proj_x"] }))
        yield* applied(plan)
        const [permission] = yield* fake.permissions(a)
        yield* fake.remove(a, permission?.id ?? "")
        const again = yield* applied(yield* reloaded(plan), { concurrency: 1 })
        assert.deepStrictEqual(sorted(yield* fake.projects(a)), ["proj_x"])
        assert.deepStrictEqual(tagsOf(again), ["Granted", "CheckpointFinished", "AlreadyDone", "CheckpointFinished"])
      })
    )
  )

  it.effect("a plan that is applied once more reads every checkpoint", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"], [b]: ["proj_y"] }))
        yield* applied(plan)
        yield* fake.seed({ [b]: ["proj_stranger"] })
        yield* fake.clearRequests
        const again = yield* applied(plan, { concurrency: 1 })
        assert.deepStrictEqual(tagsOf(again), ["AlreadyDone", "CheckpointFinished", "Drifted", "CheckpointFinished"])
        assert.deepStrictEqual(yield* requestCounts, { list: 2, create: 0, delete: 0 })
      }),
      { seed: { [b]: ["proj_y"] }, behavior: { regrant: "second" } }
    )
  )

  it.effect("an unchanged checkpoint of a loaded plan is read, and is drift when it was changed", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* reloaded(yield* Access.plan(policy({ [a]: ["proj_x"] })))
        const [permission] = yield* fake.permissions(a)
        yield* fake.remove(a, permission?.id ?? "")
        const steps = yield* applied(plan)
        assert.deepStrictEqual(tagsOf(steps), ["Drifted", "CheckpointFinished"])
        assert.isFalse(isComplete(steps))
      }),
      { seed: { [a]: ["proj_x"] } }
    )
  )

  it.effect("a plan that waited keeps a permission whose older double somebody deleted meanwhile", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
        const kept = (yield* fake.permissions(a)).find(({ id }) =>
          plan.checkpoints.every(({ revokes }) => revokes.every(({ permission }) => permission.id !== id))
        )
        yield* Effect.sleep("3 hours")
        yield* fake.remove(a, kept?.id ?? "")
        const steps = yield* applied(plan)
        assert.deepStrictEqual(yield* fake.projects(a), ["proj_x"])
        assert.isTrue(isComplete(steps))
      }),
      { seed: { [a]: ["proj_x", "proj_x"] } }
    )
  )

  it.effect("a project whose older double goes while the younger is deleted is granted again", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
        const kept = (yield* fake.permissions(a)).find(({ id }) =>
          plan.checkpoints.every(({ revokes }) => revokes.every(({ permission }) => permission.id !== id))
        )
        const running = yield* Effect.fork(applied(plan))
        yield* Effect.sleep("5 seconds")
        yield* fake.remove(a, kept?.id ?? "")
        const steps = yield* Fiber.join(running)
        assert.deepStrictEqual(yield* fake.projects(a), ["proj_x"])
        assert.deepStrictEqual(tagsOf(steps), ["Revoked", "Granted", "CheckpointFinished"])
      }),
      {
        seed: { [a]: ["proj_x", "proj_x"] },
        faults: Faults.scripted([{ fault: Faults.latency({ before: "10 seconds" }), operation: "delete" }])
      }
    )
  )

  it.effect("a project whose older double goes meanwhile is granted again, also beside a grant of another", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x", "proj_y"] }))
        const kept = (yield* fake.permissions(a)).find(({ id }) =>
          plan.checkpoints.every(({ revokes }) => revokes.every(({ permission }) => permission.id !== id))
        )
        const running = yield* Effect.fork(applied(plan))
        yield* Effect.sleep("5 seconds")
        yield* fake.remove(a, kept?.id ?? "")
        const steps = yield* Fiber.join(running)
        assert.deepStrictEqual(sorted(yield* fake.projects(a)), ["proj_x", "proj_y"])
        assert.deepStrictEqual(tagsOf(steps), ["Granted", "Revoked", "Granted", "CheckpointFinished"])
        assert.isTrue(isComplete(steps))
      }),
      {
        seed: { [a]: ["proj_x", "proj_x"] },
        faults: Faults.scripted([{ fault: Faults.latency({ before: "10 seconds" }), operation: "delete" }])
      }
    )
  )

  it.effect("an owner that is found out on the way does not hide the doubles of others", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const steps = yield* applied(yield* Access.plan(policy({ [a]: ["proj_own", "proj_x"] })))
        assert.deepStrictEqual(yield* fake.projects(a), ["proj_x"])
        assert.deepStrictEqual(tagsOf(steps), ["Impossible", "Revoked", "CheckpointFinished"])
        assert.isTrue(isComplete(steps))
      }),
      { seed: { [a]: ["proj_x", "proj_x"] }, behavior: { owners: { [a]: "proj_own" } } }
    )
  )

  it.effect("what somebody else grants meanwhile is drift, and is left", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
        yield* fake.seed({ [a]: ["proj_stranger"] })
        const steps = yield* applied(plan)
        assert.deepStrictEqual(sorted(yield* fake.projects(a)), ["proj_stranger", "proj_x"])
        assert.deepStrictEqual(tagsOf(steps), ["Granted", "Drifted", "Revoked", "CheckpointFinished"])
        assert.isFalse(isComplete(steps))
      }),
      { seed: { [a]: ["proj_old"] } }
    )
  )

  it.effect("in the mode at-least, what somebody else grants or revokes of others is nobody's concern", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const wanted: AccessPolicy.AccessPolicy = policy({ [a]: { mode: "at-least", projects: ["proj_x", "proj_y"] } })
        const plan = yield* reloaded(yield* Access.plan(wanted))
        yield* fake.seed({ [a]: ["proj_stranger"] })
        const steps = yield* applied(plan)
        assert.deepStrictEqual(tagsOf(steps), ["Granted", "CheckpointFinished"])
        assert.isTrue(isComplete(steps))
      }),
      { seed: { [a]: ["proj_x"] } }
    )
  )

  it.effect("says when a checkpoint was read: after its creates, or by the plan", () =>
    inWorld(
      Effect.gen(function* () {
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"], [b]: ["proj_y"] }))
        yield* Effect.sleep("2 hours")
        const steps = yield* applied(plan)
        const readAt = (name: string) =>
          steps.flatMap((step) =>
            step._tag === "CheckpointFinished" && step.checkpoint === name && step.readAt !== undefined
              ? [DateTime.formatIso(step.readAt).slice(11, 16)]
              : []
          )
        assert.deepStrictEqual([readAt(a), readAt(b)], [["02:00"], ["00:00"]])
      }),
      { seed: { [b]: ["proj_y"] } }
    )
  )

  it.effect("says when the last delete that followed the reading was answered", () =>
    inWorld(
      Effect.gen(function* () {
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"], [b]: ["proj_y"] }))
        yield* Effect.sleep("2 hours")
        const steps = yield* applied(plan)
        const times = (name: string) =>
          steps.flatMap((step) =>
            step._tag === "CheckpointFinished" && step.checkpoint === name
              ? [step.readAt, step.deletedAt].map((at) => at && DateTime.formatIso(at).slice(11, 19))
              : []
          )
        assert.deepStrictEqual(times(a), ["02:00:03", "02:00:04"])
        assert.deepStrictEqual(times(b), ["00:00:01", "02:00:02"])
      }),
      { seed: { [a]: ["proj_old"], [b]: ["proj_y", "proj_old"] }, behavior: { latency: "1 second" } }
    )
  )

  it.effect("what was gone already when it was deleted, somebody else did", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: [] }))
        const [permission] = yield* fake.permissions(a)
        yield* fake.remove(a, permission?.id ?? "")
        assert.deepStrictEqual(tagsOf(yield* applied(plan)), ["AlreadyDone", "CheckpointFinished"])
      }),
      { seed: { [a]: ["proj_old"] } }
    )
  )
})

describe("a checkpoint at which somebody else was meanwhile", () => {
  const held: Lock.Locks = { ...Lock.none, checkpoint: () => Effect.succeed({ lost: Effect.never, wasHeld: true }) }
  const seed = { [a]: ["proj_old"] }

  it.effect("is read before its first write: what is done already is not done again", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
        yield* Access.grant(checkpoint(a), projects("proj_x"))
        yield* fake.clearRequests
        const steps = yield* applied(plan, { locks: held })
        assert.deepStrictEqual(tagsOf(steps), ["AlreadyDone", "Revoked", "CheckpointFinished"])
        assert.deepStrictEqual(yield* requestCounts, { list: 1, create: 0, delete: 1 })
      }),
      { seed }
    )
  )

  it.effect("is left as it is when it is not as the plan shows it", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
        yield* Access.grant(checkpoint(a), projects("proj_stranger"))
        yield* fake.clearRequests
        assert.deepStrictEqual(tagsOf(yield* applied(plan, { locks: held })), ["Drifted", "CheckpointFinished"])
        assert.deepStrictEqual(yield* requestCounts, { list: 1, create: 0, delete: 0 })
      }),
      { seed }
    )
  )

  it.effect("is read too when that was another fiber of this service", () =>
    inWorld(
      Effect.gen(function* () {
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
        const rival = yield* Effect.fork(Access.grant(checkpoint(a), projects("proj_stranger")))
        yield* Effect.sleep("1 second")
        assert.deepStrictEqual(tagsOf(yield* applied(plan)), ["Drifted", "CheckpointFinished"])
        yield* Fiber.join(rival)
      }),
      { seed, behavior: { latency: "2 seconds" } }
    )
  )
})

describe("a delete of a double", () => {
  const ids = many(3, "ft:")
  /** The ages of the readings by which the fake carried out deletes of a project. */
  const agesOf = (name: string) =>
    Effect.map(
      Effect.flatMap(FakePermissions.FakePermissions, ({ requests }) => requests),
      (requests) => {
        const ofCheckpoint = requests.filter((request) => request.checkpoint === name)
        return ofCheckpoint.flatMap((request, index) => {
          const before = ofCheckpoint.slice(0, index).findLast(({ operation }) => operation === "list")
          return request.operation === "delete" && before !== undefined ? [request.time - (before.answeredAt ?? 0)] : []
        })
      }
    )

  it.effect("that would wait for its turn longer than its reading is good for is sent after another reading", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        // What comes first takes the turns of all deletes for hours.
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
      }),
      {
        seed: Object.fromEntries(ids.map((name) => [name, ["proj_x", "proj_x"]])),
        client: { pacing: Pacing.fixed({ requests: 1, per: "90 seconds", burst: 3 }) }
      }
    )
  )
})

describe("doubles that the plan does not show", () => {
  it.effect("are left, and the checkpoint is not complete", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
        yield* Effect.sleep("2 minutes")
        yield* fake.seed({ [a]: ["proj_x"] })
        const steps = yield* applied(plan)
        assert.deepStrictEqual(tagsOf(steps), ["Revoked", "Drifted", "CheckpointFinished"])
        assert.isFalse(isComplete(steps))
        assert.deepStrictEqual(yield* fake.projects(a), ["proj_x", "proj_x"])
      }),
      { seed: { [a]: ["proj_x", "proj_x"] } }
    )
  )
})

describe("a server whose listings lag behind its writes", () => {
  it.effect("is read again for half a minute, and not sent a create again", () =>
    inWorld(
      Effect.gen(function* () {
        const steps = yield* applied(yield* Access.plan(policy({ [a]: ["proj_x"] })))
        assert.deepStrictEqual(tagsOf(steps), ["Granted", "CheckpointFinished"])
        assert.isTrue(isComplete(steps))
        assert.deepStrictEqual(yield* requestCounts, { list: 6, create: 1, delete: 0 })
      }),
      { behavior: { listingLag: "10 seconds", regrant: "second" } }
    )
  )

  it.effect("that lags longer leaves the checkpoint incomplete, and says what the server answered", () =>
    inWorld(
      Effect.gen(function* () {
        const steps = yield* applied(yield* Access.plan(policy({ [a]: ["proj_x"] })))
        assert.deepStrictEqual(tagsOf(steps), ["Granted", "Unlisted", "CheckpointFinished"])
        assert.isFalse(isComplete(steps))
        assert.strictEqual((yield* requestCounts).create, 1)
      }),
      { behavior: { listingLag: "10 minutes", regrant: "second" } }
    )
  )

  it.effect("a grant is unlisted then", () =>
    inWorld(
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Access.grant(checkpoint(a), projects("proj_x")), {
          granted: [],
          unlisted: projects("proj_x"),
          alreadyGranted: [],
          owning: []
        })
        assert.strictEqual((yield* requestCounts).create, 1)
      }),
      { behavior: { listingLag: "10 minutes", regrant: "second" } }
    )
  )
})

describe("a journal that fails half-way", () => {
  it.effect("at any write: every write that was carried out is reported", () =>
    Effect.forEach(
      Array.from({ length: 24 }, (_, nth) => nth),
      (nth) =>
        inWorld(
          Effect.gen(function* () {
            let writes = 0
            const journal: Journal.Journal = {
              write: () =>
                Effect.suspend(() => {
                  writes += 1
                  return writes > nth
                    ? new Journal.JournalFailed({ journal: "test", reason: "disk full" })
                    : Effect.void
                })
            }
            const all = Object.fromEntries(many(6, "ft:").map((name, i) => [name, i % 2 === 0 ? ["proj_x"] : []]))
            const plan = yield* Access.plan(policy(all))
            const steps: Array<AccessStep.AccessStep> = []
            const outcome = yield* Effect.either(
              Stream.runForEach(Access.apply(plan, { journal }), (step) => Effect.sync(() => void steps.push(step)))
            )
            assert.strictEqual(outcome._tag, writes > nth ? "Left" : "Right")
            const done = tagsOf(steps).filter((tag) => tag === "Granted" || tag === "Revoked").length
            const { create, delete: deleted } = yield* requestCounts
            assert.strictEqual(done, create + deleted, `journal full at write ${nth}`)
          }),
          {
            seed: Object.fromEntries(many(6, "ft:").map((name) => [name, ["proj_old"]])),
            behavior: { latency: { min: "100 millis", max: "2 seconds" } }
          }
        )
    )
  )

  it.effect("is not lost when the apply is stopped meanwhile", () =>
    inWorld(
      Effect.gen(function* () {
        const journal: Journal.Journal = {
          write: ([entry]) =>
            entry?.event === "result"
              ? new Journal.JournalFailed({ journal: "test", reason: "disk full" })
              : Effect.void
        }
        const plan = yield* Access.plan(policy({ [a]: ["proj_x"], [b]: ["proj_x"], "ft:c": ["proj_x"] }))
        const steps: Array<AccessStep.AccessStep> = []
        const error = yield* Effect.flip(
          Stream.runForEach(Access.apply(plan, { journal, stop: Effect.sleep("500 millis"), concurrency: 2 }), (step) =>
            Effect.sync(() => void steps.push(step))
          )
        )
        assert.strictEqual(error._tag, "JournalFailed")
        assert.deepStrictEqual(tagsOf(steps), ["Granted", "Granted", "Stopped"])
      }),
      { behavior: { latency: "1 second" } }
    )
  )

  it.effect("is reported after every write that was under way", () =>
    inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        let lines = 0
        const journal: Journal.Journal = {
          write: (entries) =>
            Effect.suspend(() => {
              lines += entries.length
              return lines > 4 ? new Journal.JournalFailed({ journal: "test", reason: "disk full" }) : Effect.void
            })
        }
        const plan = yield* Access.plan(policy(Object.fromEntries(many(4, "ft:").map((name) => [name, ["proj_x"]]))))
        const steps: Array<AccessStep.AccessStep> = []
        const error = yield* Effect.flip(
          Stream.runForEach(Access.apply(plan, { journal }), (step) => Effect.sync(() => void steps.push(step)))
        )
        assert.strictEqual(error._tag, "JournalFailed")
        const created = (yield* fake.requests).filter(({ operation }) => operation === "create").length
        assert.strictEqual(tagsOf(steps).filter((tag) => tag === "Granted").length, created)
        assert.isAbove(created, 1)
      }),
      { behavior: { latency: "1 second" } }
    )
  )
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

  it.effect("a stop is heard", () =>
    inWorld(
      Effect.gen(function* () {
        const plan = yield* Access.plan(wanted)
        const steps = yield* applied(plan, { stop: Effect.sleep("2500 millis"), concurrency: 1 })
        assert.deepInclude(steps.at(-1), { _tag: "Stopped" })
      }).pipe(Effect.uninterruptible),
      { behavior: { latency: "1 second" } }
    )
  )

  it.effect("a stream that is left ends its work", () =>
    inWorld(
      Effect.gen(function* () {
        const plan = yield* Access.plan(wanted)
        yield* Effect.uninterruptible(Stream.runHead(Access.apply(plan, { concurrency: 1 })))
        const { create } = yield* requestCounts
        yield* Effect.sleep("1 minute")
        assert.strictEqual((yield* requestCounts).create, create)
        assert.isBelow(create, 3)
      }),
      { behavior: { latency: "1 second" } }
    )
  )
})
