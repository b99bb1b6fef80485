import { Organization, Pacing } from "@checkpoint-permissions/client"
import type { ServerBehavior } from "@checkpoint-permissions/testing"
import { DateTime, Effect, Redacted, Stream } from "effect"
import { assert, describe } from "vitest"
import { Access, AccessPlan, History, type Journal } from "../src/index.ts"
import { a, b, policy, test, type World } from "./support/world.ts"

/** A journal in memory. */
const memory = () => {
  const lines: Array<string> = []
  const journal: Journal.Journal = {
    write: (entries) =>
      Effect.sync(() => lines.push(...entries.map((entry) => JSON.stringify(entry)))).pipe(Effect.asVoid)
  }
  return { journal, text: () => `${lines.join("\n")}\n` }
}

const organization = Organization.layer({ adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.none })

const logged = { events: [{ type: "organization.updated", effective_at: 1 }] }

const world = (seed: World["seed"], behavior?: Partial<ServerBehavior.ServerBehavior>): World => ({
  seed,
  organization: logged,
  behavior: { dashboardEvents: 1, ...behavior }
})

/** The steps of the plan that undoes a text. */
const undoing = Effect.fnUntraced(function* (text: string) {
  const file = yield* AccessPlan.readUndo(text)
  yield* AccessPlan.checkUndo(file)
  const matrix = yield* Access.audit(AccessPlan.undoneCheckpoints(file))
  return yield* Effect.provide(AccessPlan.undo(file, matrix), organization)
})

const shown = ({ checkpoints }: AccessPlan.AccessPlan) =>
  checkpoints.flatMap(({ checkpoint, steps }) =>
    steps.map((step) => {
      const note = step.left ?? step.although
      return `${AccessPlan.isGrant(step) ? "+" : "-"} ${step.project} ${checkpoint === a ? "a" : "b"}${note === undefined ? "" : `: ${note}`}`
    })
  )

const apply = (plan: AccessPlan.AccessPlan, journal?: Journal.Journal) =>
  Stream.runDrain(Access.apply(plan, { journal }))

const history = Effect.provide(History.read(), organization)

describe("a plan that undoes", () => {
  test(
    "is the inverse of an apply, and not of what a colleague granted between plan and apply",
    world({ [a]: ["proj_old"], [b]: [] }),
    function* (fake) {
      const { journal, text } = memory()
      const plan = yield* Access.plan(policy({ [a]: ["proj_p"], [b]: ["proj_p"] }))
      yield* Effect.sleep("1 minute")
      yield* fake.grant(b, "proj_p")
      yield* Effect.sleep("1 minute")
      yield* apply(plan, journal)
      const undo = yield* undoing(text())
      assert.sameMembers(shown(undo), ["- proj_p a", "+ proj_old a", "- proj_p b: existed before"])
      yield* apply(undo)
      assert.deepStrictEqual([yield* fake.projects(a), yield* fake.projects(b)], [["proj_old"], ["proj_p"]])
    }
  )

  test("is that of a history with its filter by actor", world({ [a]: [] }), function* (fake) {
    yield* fake.grant(a, "proj_x", "ann@example.com")
    yield* Effect.sleep("1 minute")
    yield* fake.grant(a, "proj_ours", "ann@example.com")
    yield* Access.grant(a, ["proj_leaked"])
    yield* Access.revoke(a, ["proj_x"])
    const all = yield* history
    const undo = yield* undoing(History.toJson(History.filter(all, { by: "admin@example.com" })))
    assert.sameMembers(shown(undo), ["- proj_leaked a", "+ proj_x a"])
  })

  test("leaves out what a person changed afterwards", world({ [a]: ["proj_x", "proj_y"] }), function* (fake) {
    const { journal, text } = memory()
    yield* apply(yield* Access.plan(policy({ [a]: ["proj_new"] })), journal)
    yield* Effect.sleep("1 minute")
    yield* fake.grant(a, "proj_x")
    const removed = (yield* fake.permissions(a)).filter((one) => one.project_id !== "proj_y")
    yield* Effect.forEach(removed, ({ id }) => fake.remove(a, id))
    yield* fake.grant(a, "proj_y")
    const undo = yield* undoing(text())
    assert.sameMembers(shown(undo), [
      "+ proj_x a: changed on the server since",
      "+ proj_y a: has access again",
      "+ proj_new a: is gone already"
    ])
    assert.match(AccessPlan.toText(undo), /^No step, 3 left out\.$/m)
  })

  test(
    "of a grant that was revoked again is empty, and of a revoke that was granted again too",
    world({ [a]: ["proj_x"] }),
    function* () {
      const { journal, text } = memory()
      yield* Access.grant(a, ["proj_new"], { journal })
      yield* Access.revoke(a, ["proj_new", "proj_x"], { journal })
      yield* Access.grant(a, ["proj_x"], { journal })
      const undo = yield* undoing(text())
      assert.sameMembers(shown(undo), ["+ proj_new a: is gone already", "+ proj_x a: has access again"])
      assert.isTrue(AccessPlan.isEmpty(undo))
    }
  )

  test(
    "notes a doubt if the log is off, since a person confirms the step",
    world({ [a]: ["proj_x"] }, { auditLog: "off" }),
    function* () {
      const { journal, text } = memory()
      yield* Access.revoke(a, ["proj_x"], { journal })
      assert.deepStrictEqual(shown(yield* undoing(text())), ["+ proj_x a: the audit log was not read"])
    }
  )

  test("counts the changes whose project the log does not name", world({ [a]: [] }), function* () {
    const requestedAt = yield* DateTime.now
    const unknown = { event: "e", at: 1, action: "revoke", permission: "cp_lost", by: {} } as const
    const { apiUrl } = yield* Access.audit([a])
    const json = History.toJson({
      format: "checkpoint-permissions/history",
      version: 2,
      apiUrl,
      requestedAt,
      changes: [unknown]
    })
    assert.strictEqual((yield* undoing(json)).unnamed, 1)
  })

  test(
    "reads a journal whose last line was cut off, and refuses another server",
    world({ [a]: ["proj_x"] }),
    function* () {
      const { journal, text } = memory()
      yield* Access.revoke(a, ["proj_x"], { journal })
      assert.deepStrictEqual(shown(yield* undoing(`${text()}{"time":"2026`)), ["+ proj_x a"])
      const elsewhere = text().replaceAll("https://api.openai.com/v1", "https://other.example/v1")
      const error = yield* Effect.flip(undoing(elsewhere))
      assert.strictEqual("reason" in error && error.reason, "server")
      const both = yield* Effect.flip(AccessPlan.readUndo(text() + elsewhere))
      assert.include(both.message, "several servers")
      assert.include((yield* Effect.flip(AccessPlan.readUndo("{}"))).message, "neither a journal nor a history")
    }
  )
})
