import { Organization, Pacing } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, Faults, type ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Redacted, Stream } from "effect"
import { Access, type AccessPlan, type AccessStep } from "../src/index.ts"
import { checkpoint, inWorld, many, project, projects, requestCounts, service, test } from "./support/world.ts"

const intern = project("proj_intern")

interface Sizes {
  readonly checkpoints: number
  /** Permissions of the project that are known, one a checkpoint, the last of the list. */
  readonly known: number
  /** Others of it, which only a reading finds. */
  readonly hidden?: number
}

const idsOf = ({ checkpoints }: Sizes) => many(checkpoints, "ft:c").map(checkpoint)

const seedOf = (sizes: Sizes) =>
  Object.fromEntries(
    idsOf(sizes).map((id, i, { length }) => {
      const isKnown = i >= length - sizes.known
      const has = isKnown || i < (sizes.hidden ?? 0)
      return [id, [{ project_id: "proj_keep" }, ...(has ? [{ id: `cp_${i}`, project_id: "proj_intern" }] : [])]]
    })
  )

const planOf = (sizes: Sizes) => {
  const all = idsOf(sizes)
  const known = all.slice(all.length - sizes.known).map((id, i) => ({
    checkpoint: id,
    id: Identifiers.PermissionId.make(`cp_${all.length - sizes.known + i}`),
    project_id: intern,
    created_at: 0
  }))
  return Access.planKnown(all, [intern], known)
}

/** Runs it, and says when each step came, in milliseconds from the beginning. */
const timed = (plan: AccessPlan.AccessPlan, options: Access.EverywhereOptions = {}) =>
  Effect.gen(function* () {
    const begin = yield* Clock.currentTimeMillis
    const steps: Array<AccessStep.AccessStep & { readonly at: number }> = []
    const ended = yield* Access.revokeEverywhere(plan, options).pipe(
      Stream.runForEach((step) =>
        Effect.map(Clock.currentTimeMillis, (now) => void steps.push({ ...step, at: now - begin }))
      ),
      Effect.either
    )
    const of = (tag: AccessStep.AccessStep["_tag"]) => steps.filter(({ _tag }) => _tag === tag)
    return {
      ended,
      steps,
      of,
      count: (tag: AccessStep.AccessStep["_tag"]) => of(tag).length,
      took: steps.at(-1)?.at ?? 0
    }
  })

const rate = (scope: "endpoint" | "list-delete", burst = 10): ServerBehavior.Settings => ({
  rate: { requests: 10, per: "1 minute", burst, scope, countRefused: true, headers: "none" },
  latency: "100 millis"
})

const world = (sizes: Sizes, behavior: ServerBehavior.Settings = {}, pacing = Pacing.adaptive) => ({
  seed: seedOf(sizes),
  behavior,
  client: { pacing }
})

/** All of the project that the server has left. */
const left = Effect.map(
  Effect.flatMap(FakePermissions.FakePermissions, (fake) => fake.allPermissions),
  (all) =>
    Object.values(all)
      .flat()
      .filter(({ project_id }) => project_id === "proj_intern").length
)

const minutes = (ms: number): number => ms / 60_000

describe("the figures of a revoke everywhere at ten requests a minute", () => {
  const figure = (sizes: Sizes, behavior: ServerBehavior.Settings) =>
    inWorld(
      Effect.gen(function* () {
        const run = yield* Effect.flatMap(planOf(sizes), timed)
        const revoked = run.of("Revoked").map(({ at }) => at)
        assert.strictEqual(run.ended._tag, "Right")
        assert.strictEqual(yield* left, 0)
        assert.strictEqual(run.count("CheckpointFinished"), sizes.checkpoints)
        const figures = {
          first: minutes(Math.min(...revoked)) * 60,
          last: minutes(Math.max(...revoked)),
          verdict: minutes(run.took)
        }
        if (process.env["FIGURES"] !== undefined) console.log(sizes, behavior.rate, figures, yield* requestCounts)
        return figures
      }),
      world(sizes, behavior)
    )

  const sizes = { checkpoints: 300, known: 60 }

  const scopes = [
    ["a quota for each operation: deleted in 6.2 min, known to be so in 31", "endpoint", 6.2, 31],
    ["one quota for lists and deletes: deleted in 6.5 min, known to be so in 40", "list-delete", 6.5, 40]
  ] as const
  it.effect.each(scopes)("with %s", ([, scope, deleted, known]) =>
    Effect.gen(function* () {
      const { first, last, verdict } = yield* figure(sizes, rate(scope))
      assert.isAtMost(first, 2)
      assert.isAtMost(last, deleted)
      assert.isAtMost(verdict, known)
    })
  )

  it.effect.each([
    { checkpoints: 8, known: 8 },
    { checkpoints: 40, known: 40 },
    { checkpoints: 40, known: 30 },
    { checkpoints: 40, known: 5 },
    { checkpoints: 100, known: 60 },
    { checkpoints: 100, known: 11 },
    { checkpoints: 120, known: 20, hidden: 15 }
  ])("of other sizes: %j", (other) =>
    Effect.gen(function* () {
      const apart = yield* figure(other, rate("endpoint"))
      const one = yield* figure(other, rate("list-delete"))
      // Each checkpoint is listed beside the deletes of others: it takes as long as its lists, or its deletes.
      assert.isAtMost(apart.verdict, (other.checkpoints + (other.hidden ?? 0)) / 10 + 1.5)
      // With one quota no list goes before a delete, but the one that is tried.
      if (other.hidden === undefined) assert.isAtMost(one.last, other.known / 10 + 0.5)
      assert.isAtMost(one.verdict, (other.checkpoints + other.known + (other.hidden ?? 0)) / 10 + 6.5)
      assert.isAtMost(one.first, 2)
    })
  )
})

describe("a revoke everywhere that begins with the audit log", () => {
  it.effect("of a thousand events deletes first within 10 s, and nothing that is gone or of another project", () => {
    const sizes = { checkpoints: 300, known: 60 }
    const all = idsOf(sizes)
    const made = (id: string, project_id: string, at: number, place: string) => ({
      type: "checkpoint.permission.created",
      effective_at: at,
      permission_id: id,
      project_id,
      fine_tuned_model_checkpoint: place
    })
    const events = [
      ...all.slice(240).map((place, i) => made(`cp_${240 + i}`, "proj_intern", 1000 + i, place)),
      made("cp_gone", "proj_intern", 900, "ft:c000"),
      { type: "checkpoint.permission.deleted", effective_at: 901, permission_id: "cp_gone" },
      ...Array.from({ length: 938 }, (_, i) => made(`cp_other_${i}`, "proj_keep", 2000 + i, "ft:c001"))
    ]
    return inWorld(
      Effect.gen(function* () {
        const begin = yield* Clock.currentTimeMillis
        const lists = yield* Organization.make({ adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.adaptive })
        const known = yield* Effect.provideService(Access.knownInLog([intern]), Organization.Organization, lists)
        assert.lengthOf(known, 60)
        const plan = yield* Access.planKnown(all, [intern], known)
        const asked = (yield* Clock.currentTimeMillis) - begin
        const run = yield* timed(plan)
        const first = (asked + Math.min(...run.of("Revoked").map(({ at }) => at))) / 1000
        assert.isAtMost(first, 10)
        assert.strictEqual(yield* left, 0)
      }),
      { ...world(sizes, rate("endpoint")), organization: { events } }
    )
  })
})

describe("revokeEverywhere", () => {
  const few: Sizes = { checkpoints: 6, known: 2, hidden: 2 }

  test("deletes before it reads, reads the known ones last, and each checkpoint once", world(few), function* () {
    const run = yield* Effect.flatMap(planOf(few), timed)
    assert.deepStrictEqual(yield* requestCounts, { list: 6, create: 0, delete: 4 })
    const fake = yield* FakePermissions.FakePermissions
    const requests = yield* fake.requests
    assert.deepStrictEqual(
      requests.slice(0, 2).map(({ operation }) => operation),
      ["delete", "delete"]
    )
    const lists = requests.flatMap(({ checkpoint, operation }) => (operation === "list" ? [checkpoint] : []))
    assert.deepStrictEqual(lists.slice(-2).sort(), ["ft:c004", "ft:c005"])
    assert.strictEqual(run.count("CheckpointFinished"), 6)
    assert.strictEqual(run.count("Revoked"), 4)
    assert.strictEqual(yield* left, 0)
  })

  test("leaves what exceeds the number, and does not call such a checkpoint complete", world(few), function* () {
    const run = yield* Effect.flatMap(planOf(few), (plan) => timed(plan, { maxRevokes: 3, concurrency: 1 }))
    assert.strictEqual(run.count("Revoked"), 3)
    assert.deepStrictEqual(run.of("Exceeded").length, 1)
    const incomplete = run.of("CheckpointFinished").filter((step) => "complete" in step && !step.complete)
    assert.lengthOf(incomplete, 1)
    assert.strictEqual(yield* left, 1)
  })

  it.effect("asks once for what exceeds the number, and deletes it if that is agreed to", () =>
    Effect.forEach([true, false], (agrees) =>
      inWorld(
        Effect.gen(function* () {
          const asked: Array<number> = []
          const onExceeded = (count: number) => Effect.sync(() => asked.push(count) > 0 && agrees)
          const run = yield* Effect.flatMap(planOf(few), (plan) => timed(plan, { maxRevokes: 2, onExceeded }))
          assert.deepStrictEqual(asked, [2])
          assert.strictEqual(yield* left, agrees ? 0 : 2)
          assert.strictEqual(run.count("CheckpointFinished"), 6)
          assert.strictEqual(run.count("Exceeded"), agrees ? 0 : 2)
        }),
        world(few)
      )
    )
  )

  test("looks at each known permission as often, however many checkpoints there are", {}, function* () {
    let looks = 0
    const known = many(50, "ft:").map((name, n) => ({
      get checkpoint() {
        looks += 1
        return checkpoint(name)
      },
      id: Identifiers.PermissionId.make(`cp_${n}`),
      project_id: n % 2 === 0 ? intern : project("proj_keep"),
      created_at: 0
    }))
    const plan = yield* Access.planKnown([], [intern], known)
    assert.deepInclude(plan.counts, { checkpoints: 50, revokes: 25 })
    assert.isAtMost(looks, 4 * 50)
  })

  test("is refused before any request if more is known than agreed to", world(few), function* () {
    const run = yield* Effect.flatMap(planOf(few), (plan) => timed(plan, { maxRevokes: 1 }))
    assert.strictEqual(run.ended._tag, "Left")
    assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
  })

  test("tries again by the reading what a delete failed at, and does not count it twice", world(few), function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(Faults.error(400), { operation: "delete", times: 1 })
    const run = yield* Effect.flatMap(planOf(few), (plan) => timed(plan, { maxRevokes: 4 }))
    assert.strictEqual(run.count("Failed"), 1)
    assert.strictEqual(run.count("Revoked"), 4)
    assert.strictEqual(run.of("CheckpointFinished").filter((step) => "complete" in step && step.complete).length, 6)
    assert.strictEqual(yield* left, 0)
  })

  test("takes a permission that is gone already for gone, and touches no other project's", world(few), function* () {
    const plan = yield* planOf(few)
    const rival = yield* service()
    yield* rival.delete("ft:c004", "cp_4")
    // granted again meanwhile, under another id: only the reading finds it
    yield* rival.create("ft:c004", ["proj_intern"])
    const run = yield* timed(plan)
    assert.strictEqual(yield* left, 0)
    assert.strictEqual(run.count("AlreadyDone"), 1)
    assert.strictEqual(run.count("Revoked"), 4)
    const fake = yield* FakePermissions.FakePermissions
    for (const id of idsOf(few)) assert.deepStrictEqual(yield* fake.projects(id), projects("proj_keep"))
  })

  test("says of the verdict what a reading shows, not what was planned", world(few), function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(Faults.error(404, {}), { operation: "list", checkpoint: "ft:c005", times: 5 })
    const run = yield* Effect.flatMap(planOf(few), timed)
    const of = run.of("CheckpointFinished").filter((step) => "complete" in step && !step.complete)
    assert.lengthOf(of, 1)
    assert.strictEqual(run.count("Revoked"), 4)
  })

  test(
    "lets what is in flight finish when it is stopped, and says how much is left",
    world({ checkpoints: 30, known: 20 }, rate("list-delete")),
    function* () {
      const stop = yield* Deferred.make<void>()
      const fake = yield* FakePermissions.FakePermissions
      const plan = yield* planOf({ checkpoints: 30, known: 20 })
      yield* Effect.fork(Effect.zipRight(Effect.sleep("90 seconds"), Deferred.succeed(stop, undefined)))
      const run = yield* timed(plan, { stop: Deferred.await(stop) })
      const stopped = run.of("Stopped")
      assert.lengthOf(stopped, 1)
      assert.deepInclude(stopped[0], { remaining: 30 - run.count("CheckpointFinished") })
      assert.strictEqual(run.count("Revoked"), 20 - (yield* left))
      assert.strictEqual((yield* fake.requests).filter(({ operation }) => operation === "create").length, 0)
    }
  )
})
