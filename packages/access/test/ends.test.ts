import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { Access, AccessPlan, AccessPolicy } from "../src/index.ts"
import { ignoredEnds } from "../src/internal/plan/ends.ts"
import { isDay, suggestDay } from "../src/internal/policy/schema.ts"
import { applied, reloaded, stepsOf } from "./support/applied.ts"
import { inWorld } from "./support/world.ts"

const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:a:A1"

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)

/** Unix seconds, long before everything here. */
const before = Date.UTC(2026, 0, 1) / 1000

const permission = (project_id: string, id = `cp_${project_id}`, created_at = before) => ({
  project_id,
  id,
  created_at
})

const policyOf = (
  projects: (typeof AccessPolicy.AccessPolicy.Encoded)["checkpoints"][string]["projects"],
  groups = {}
) => Effect.orDie(AccessPolicy.make({ version: 1, groups, checkpoints: { [checkpoint]: { projects } } }))

const ending = { project: "proj_b", until: "2027-01-31", reason: "pilot" }

/** A server, at a time. */
const at = <A, E>(
  startAt: number,
  program: Parameters<typeof inWorld<A, E>>[0],
  seed: FakePermissions.Options["seed"] = { [checkpoint]: [permission("proj_a"), permission("proj_b")] }
) => inWorld(program, { startAt, seed })

const lastMoment = day("2027-02-01") - 1

describe("a day", () => {
  it("is one of the calendar, written in full", () => {
    for (const good of ["2027-01-31", "2028-02-29", "1999-12-31"]) assert.isTrue(isDay(good), good)
    const bad = [
      "2027-02-30",
      "2027-02-29",
      "2027-1-5",
      "20270131",
      "2027-13-01",
      "2027-00-10",
      "2027-01-31Z",
      " 2027-01-31"
    ]
    for (const text of bad) assert.isFalse(isDay(text), text)
    assert.deepStrictEqual(["20270131", "2027-1-5", "2027/01/31", "2027-02-30", "soon"].map(suggestDay), [
      "2027-01-31",
      "2027-01-05",
      "2027-01-31",
      undefined,
      undefined
    ])
  })
})

describe("a plan of access that ends", () => {
  test("keeps it on its last day, and revokes it on the next", function* () {
    const policy = yield* policyOf(["proj_a", ending])
    const onIts = yield* at(lastMoment, Access.plan(policy))
    assert.strictEqual(onIts.day, "2027-01-31")
    assert.deepInclude(stepsOf(onIts), { grants: [], revokes: [], unchanged: ["proj_a", "proj_b"] })
    const after = yield* at(lastMoment + 1, Access.plan(policy))
    assert.strictEqual(after.day, "2027-02-01")
    assert.deepInclude(stepsOf(after), { grants: [], revokes: ["proj_b ended"], unchanged: ["proj_a"] })
    assert.strictEqual(after.counts.revokes, 1)
    const refused = yield* at(lastMoment + 1, Effect.flip(Access.checkPlan(after, { maxRevokes: 0 })))
    assert.strictEqual(refused.reason, "revokes")
  })

  test("has a digest of the policy's meaning on its day", function* () {
    const policy = yield* policyOf(["proj_a", ending])
    const digestOf = (time: number) => Effect.map(at(time, Access.plan(policy)), ({ policyDigest }) => policyDigest)
    const onIts = yield* digestOf(lastMoment)
    const after = yield* digestOf(lastMoment + 1)
    assert.notStrictEqual(onIts, after)
    assert.strictEqual(yield* digestOf(day("2027-01-02")), onIts)
    assert.strictEqual(after, yield* AccessPolicy.digest(yield* policyOf(["proj_a"])))
    assert.strictEqual(yield* AccessPolicy.digest(policy, { day: "2027-01-31" }), onIts)
    assert.strictEqual(yield* at(lastMoment + 1, AccessPolicy.digest(policy)), after, "the present day, by the clock")
    const later = yield* policyOf(["proj_a", { ...ending, until: "2027-02-28" }])
    assert.notStrictEqual(yield* AccessPolicy.digest(later, { day: "2027-01-31" }), onIts)
  })

  test("keeps a project that is also listed without an end, by itself or by a group, and reports it", function* () {
    for (const [entry, groups] of [
      ["proj_b", {}],
      ["@all", { all: ["proj_b"] }]
    ] as const) {
      const plan = yield* at(day("2027-03-01"), Access.plan(yield* policyOf(["proj_a", ending, entry], groups)))
      assert.deepStrictEqual(stepsOf(plan).revokes, [])
      assert.deepStrictEqual(stepsOf(plan).unchanged, ["proj_a", "proj_b"])
      assert.deepStrictEqual(
        ignoredEnds(plan).map(({ project }) => project),
        ["proj_b"]
      )
      assert.deepStrictEqual(AccessPlan.endings(plan, { first: "2000-01-01", last: "2100-01-01" }), [])
    }
  })

  test("uses the given time, not the clock of this machine", function* () {
    const policy = yield* policyOf(["proj_a", ending])
    const now = (time: number) => Effect.succeed(DateTime.unsafeMake(time))
    const ahead = yield* at(lastMoment + 7_200_000, Access.plan(policy, { now: now(lastMoment) }))
    assert.deepStrictEqual([ahead.day, stepsOf(ahead).revokes], ["2027-01-31", []])
    const behind = yield* at(lastMoment - 7_200_000, Access.plan(policy, { now: now(lastMoment + 1) }))
    assert.deepStrictEqual([behind.day, stepsOf(behind).revokes], ["2027-02-01", ["proj_b ended"]])
  })

  test("lists access that ends within 14 days", function* () {
    const policy = yield* policyOf([
      ending,
      { project: "proj_c", until: "2027-01-17" },
      { project: "proj_d", until: "2027-02-01" },
      { project: "proj_e", until: "2027-01-16" }
    ])
    const plan = yield* at(day("2027-01-17"), Access.plan(policy))
    assert.deepStrictEqual(
      AccessPlan.endings(plan).map(({ project, until }) => `${until} ${project}`),
      ["2027-01-17 proj_c", "2027-01-31 proj_b"]
    )
  })
})

describe("an apply", () => {
  const leftOver = Effect.flatMap(FakePermissions.FakePermissions, (fake) =>
    Effect.map(fake.projects(checkpoint), (projects): ReadonlyArray<string> => projects)
  )

  const told = (plan: AccessPlan.AccessPlan) =>
    Effect.map(applied(plan), (steps) =>
      steps.map((step) => (step._tag === "CheckpointFinished" ? `${step._tag} ${step.complete}` : step._tag))
    )

  it.effect(
    "leaves out a grant whose last day is over when it is executed, and deletes only permissions of the plan",
    () =>
      Effect.gen(function* () {
        const policy = yield* policyOf(["proj_a", ending, { project: "proj_c", until: "2027-01-31" }])
        const program = Effect.gen(function* () {
          const plan = yield* Access.plan(policy)
          assert.deepStrictEqual(stepsOf(plan).grants, ["proj_a", "proj_c"])
          const loaded = yield* reloaded(plan)
          yield* Effect.sleep(1)
          const steps = yield* told(loaded)
          return { steps, left: yield* leftOver }
        })
        assert.deepStrictEqual(yield* at(lastMoment, program, { [checkpoint]: [permission("proj_b")] }), {
          steps: ["Expired", "Granted", "CheckpointFinished true"],
          left: ["proj_b", "proj_a"]
        })
      })
  )
})
