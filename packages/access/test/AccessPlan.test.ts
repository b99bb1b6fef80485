import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { Access, AccessPlan } from "../src/index.ts"
import { reloaded, saved, stepsOf } from "./support/applied.ts"
import { a, b, policy, test } from "./support/world.ts"

/** A JSON value with each of its texts and numbers edited in turn, and each entry of a list left out. */
const editsOf = (value: unknown): ReadonlyArray<unknown> => {
  if (typeof value === "string") return [`${value}x`, value.replace(/[0-9a-z]/, (one) => (one === "1" ? "2" : "1"))]
  if (typeof value === "number") return [value + 1]
  if (Array.isArray(value)) {
    return [
      ...value.map((_, i) => value.toSpliced(i, 1)),
      ...value.flatMap((one, i) => editsOf(one).map((edit) => value.with(i, edit)))
    ]
  }
  return Object.entries(value ?? {}).flatMap(([key, one]) =>
    editsOf(one).map((edit) => ({ ...(value ?? {}), [key]: edit }))
  )
}

describe("a plan", () => {
  test("grants what is missing, revokes what is not listed, and leaves the rest", {
    seed: { [a]: ["proj_keep", "proj_gone"], [b]: ["proj_x"] }
  }, function* () {
    const plan = yield* Access.plan(policy({ [a]: ["proj_keep", "proj_new"], [b]: [] }))
    assert.deepStrictEqual<unknown>(stepsOf(plan), {
      grants: ["proj_new"],
      revokes: ["proj_gone unwanted"],
      unchanged: ["proj_keep"],
      ownerProjects: []
    })
    assert.deepStrictEqual(stepsOf(plan, 1).revokes, ["proj_x unwanted"])
    assert.deepInclude(plan.counts, { checkpoints: 2, grants: 1, revokes: 2, unchanged: 1, creates: 1, deletes: 2 })
  })

  test("lists a checkpoint again after an inconsistent listing, and drops what that one showed", {
    seed: { [a]: ["proj_gone"] }
  }, function* () {
    const service = yield* CheckpointPermissions.CheckpointPermissions
    const fields = { operation: "list", mayHaveExecuted: false, reason: "cursor-repeated", received: 1 } as const
    let failures = 3
    const end = Stream.suspend(() =>
      failures-- > 0 ? Stream.fail(new PermissionsError.IncompleteListingError(fields)) : Stream.empty
    )
    const { plan } = yield* Access.make({
      ...service,
      stream: (...call) => Stream.concat(service.stream(...call), end)
    })
    const planned = yield* plan(policy({ [a]: [] }))
    assert.deepStrictEqual(stepsOf(planned).revokes, ["proj_gone unwanted"])
    assert.lengthOf(planned.checkpoints[0]?.found ?? [], 1)
    failures = 4
    const { checkpoints, unread } = yield* plan(policy({ [a]: [] }))
    assert.deepStrictEqual([checkpoints.length, unread.length], [0, 1])
  })

  test("only grants in the mode at-least", { seed: { [a]: ["proj_other"] } }, function* () {
    const plan = yield* Access.plan(policy({ [a]: { mode: "at-least", projects: ["proj_new"] } }))
    assert.deepStrictEqual<unknown>(stepsOf(plan), {
      grants: ["proj_new"],
      revokes: [],
      unchanged: [],
      ownerProjects: []
    })
  })
  test("keeps the oldest of several permissions of one project, by created_at and then id", {
    seed: {
      [a]: [
        { project_id: "proj_x", id: "cp_3", created_at: 30 },
        { project_id: "proj_x", id: "cp_2", created_at: 10 },
        { project_id: "proj_x", id: "cp_1", created_at: 20 },
        { project_id: "proj_y", id: "cp_5", created_at: 10 },
        { project_id: "proj_y", id: "cp_4", created_at: 10 }
      ]
    }
  }, function* () {
    const plan = yield* Access.plan(policy({ [a]: ["proj_x", "proj_y"] }))
    const [planned] = plan.checkpoints
    assert.deepStrictEqual(
      planned?.steps.flatMap((step) => (AccessPlan.isDelete(step) ? [step.permission.id] : [])).sort(),
      ["cp_1", "cp_3", "cp_5"]
    )
    assert.deepStrictEqual<unknown>(planned?.kept, ["proj_x", "proj_y"])
    assert.deepInclude(plan.counts, { grants: 0, revokes: 0, duplicates: 3, deletes: 3 })
    assert.isTrue(AccessPlan.isEmpty(plan))
    const atLeast = yield* Access.plan(policy({ [a]: { mode: "at-least", projects: ["proj_x"] } }))
    assert.strictEqual(atLeast.counts.duplicates, 0)
  })

  test("never grants or revokes the owner, and has it in ownerProjects where the policy lists it", {
    seed: { [a]: ["proj_own"] }
  }, function* () {
    const plan = yield* Access.plan(policy({ [a]: { owner: "proj_own", projects: ["proj_own", "proj_x"] } }))
    assert.deepStrictEqual<unknown>(stepsOf(plan), {
      grants: ["proj_x"],
      revokes: [],
      unchanged: [],
      ownerProjects: ["proj_own"]
    })
    assert.deepStrictEqual<unknown>(plan.checkpoints[0]?.owner, "proj_own")
  })

  test("names a checkpoint that cannot be read, plans the others, and does not touch it", {
    seed: { [b]: ["proj_x"] }
  }, function* (fake) {
    yield* fake.inject(Faults.error(400), { checkpoint: a })
    const plan = yield* Access.plan(policy({ [a]: [], [b]: [] }))
    assert.deepStrictEqual(
      plan.unread.map(({ checkpoint }) => checkpoint),
      [a]
    )
    assert.notStrictEqual(plan.unread[0]?.reason ?? "", "")
    assert.deepInclude(plan.counts, { checkpoints: 2, unread: 1 })
    const steps = yield* Stream.runCollect(Access.apply(plan))
    assert.isTrue([...steps].every((step) => step._tag !== "Stopped" && step.checkpoint === b))
  })

  test("reports its progress", {}, function* () {
    const told: Array<object> = []
    yield* Access.plan(policy({ [a]: [], [b]: [] }), {
      onRow: (_, progress) => Effect.sync(() => void told.push(progress))
    })
    assert.deepStrictEqual(told, [
      { done: 1, failed: 0, total: 2 },
      { done: 2, failed: 0, total: 2 }
    ])
  })
})

describe("a plan's file", () => {
  const seed = { [a]: ["proj_gone", "proj_keep", "proj_keep"] }
  const made = Access.plan(policy({ [a]: ["proj_new", "proj_keep"] }))

  test("is parsed unchanged", { seed, behavior: { regrant: "second" } }, function* () {
    const plan = yield* made
    assert.deepStrictEqual(yield* reloaded(plan), saved(plan))
  })

  const refusalOf = (file: unknown) => Effect.flip(AccessPlan.fromJson(JSON.stringify(file)))

  test("is refused when any value of it was edited", { seed }, function* () {
    const text = yield* AccessPlan.toJson(yield* made)
    let edits = 0
    for (const edit of editsOf(JSON.parse(text))) {
      const { reason } = yield* refusalOf(edit)
      assert.include(["edited", "format"], reason, JSON.stringify(edit))
      edits += 1
    }
    assert.isAbove(edits, 40)
  })

  test("is refused when its snapshot and its steps were edited consistently", { seed }, function* () {
    const text = yield* AccessPlan.toJson(yield* made)
    const file = JSON.parse(text)
    const [first] = file.checkpoints
    const later = "2026-01-02T00:00:00.000Z"
    const edits: ReadonlyArray<object> = [
      { ...file, organization: "org-b" },
      JSON.parse(text.replaceAll("proj_gone", "proj_other")),
      { ...file, note: "more" },
      { ...file, checkpoints: [{ ...first, note: "more" }] }
    ]
    for (const edit of edits) assert.include(["edited", "format"], (yield* refusalOf(edit)).reason)
    assert.strictEqual((yield* refusalOf({ ...file, createdAt: later })).reason, "edited")
  })

  test("is the same file when it is laid out anew", { seed }, function* () {
    const plan = yield* made
    const text = yield* AccessPlan.toJson(plan)
    const reversed = Object.fromEntries(Object.entries(JSON.parse(text)).reverse())
    assert.deepStrictEqual(yield* AccessPlan.fromJson(JSON.stringify(reversed)), saved(plan))
  })

  test("is refused when it is not the file whose SHA-256 is demanded", { seed }, function* () {
    const plan = yield* made
    const text = yield* AccessPlan.toJson(plan)
    const sha256 = yield* AccessPlan.sha256Of(plan)
    yield* AccessPlan.fromJson(text, { sha256 })
    yield* AccessPlan.fromJson(text, { sha256: sha256.slice("sha256:".length).toUpperCase() })
    const error = yield* Effect.flip(AccessPlan.fromJson(`${text} `, { sha256 }))
    assert.strictEqual(error.reason, "sha256")
  })

  scoped("is refused in one line if it is another document", function* () {
    for (const text of ["", "{}", "null", "version: 1", '{"format":"checkpoint-permissions/plan"}']) {
      const error = yield* Effect.flip(AccessPlan.fromJson(text))
      assert.strictEqual(error.reason, "format")
      assert.notInclude(error.message, "\n")
    }
  })

  test("of an earlier release is refused, with a way out", { seed }, function* () {
    const text = (yield* AccessPlan.toJson(yield* made)).replaceAll('"kept"', '"impossible"')
    const { message } = yield* Effect.flip(AccessPlan.fromJson(text))
    assert.match(
      message,
      /^the plan is refused: it is not a plan of this version \(.+\): make it again with this version$/
    )
  })
})
