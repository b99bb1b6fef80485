import { Access, Journal } from "@checkpoint-permissions/access"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { recorder } from "./support/applied.ts"
import { checkpoint, onFake, test } from "./support/audit.ts"

const weather = checkpoint("ft:weather")

describe("grantJournaled, revokeJournaled", () => {
  test(
    "have a line before and after each write, with permission and actor, and no plan",
    onFake({ seed: { [weather]: ["proj_a"] } }),
    function* () {
      const { entries, journal } = recorder()
      yield* Access.grantJournaled(weather, ["proj_a", "proj_b"], { journal, actor: "ann" })
      yield* Access.revokeJournaled(weather, ["proj_a"], { journal })
      const lines = entries.map((one) => [one.event, one.action, one.project, one.outcome, one.actor, one.plan])
      assert.deepStrictEqual(lines, [
        ["intent", "grant", "proj_b", null, "ann", null],
        ["result", "grant", "proj_b", "done", "ann", null],
        ["intent", "revoke", "proj_a", null, null, null],
        ["result", "revoke", "proj_a", "done", null, null]
      ])
      const fake = yield* FakePermissions.FakePermissions
      const left = (yield* fake.permissions(weather)).map(({ id, project_id }) => [id, project_id])
      assert.deepStrictEqual(left, [[entries[1]?.permission, "proj_b"]])
    }
  )

  test(
    "change nothing when the line before cannot be written",
    onFake({ seed: { [weather]: ["proj_a"] } }),
    function* () {
      const { journal } = recorder(0)
      const fake = yield* FakePermissions.FakePermissions
      const failures = [
        yield* Effect.flip(Access.grantJournaled(weather, ["proj_b"], { journal })),
        yield* Effect.flip(Access.revokeJournaled(weather, ["proj_a"], { journal }))
      ]
      assert.deepStrictEqual(
        failures.map(({ _tag }) => _tag),
        ["JournalFailed", "JournalFailed"]
      )
      assert.deepStrictEqual(
        (yield* fake.requests).filter(({ method }) => method !== "GET"),
        []
      )
    }
  )
})

describe("fromLines", () => {
  test(
    "reads what toLine wrote, and counts lines that were left unfinished",
    onFake({ seed: { [weather]: [] } }),
    function* () {
      const { entries, journal } = recorder()
      yield* Access.grantJournaled(weather, ["proj_a"], { journal })
      const text = entries.map(Journal.toLine).join("")
      assert.deepStrictEqual(Journal.fromLines(text), { entries, torn: 0 })
      assert.deepStrictEqual(Journal.fromLines(`${text.slice(0, 40)}\n${text}`), { entries, torn: 1 })
      assert.deepStrictEqual(Journal.fromLines(""), { entries: [], torn: 0 })
    }
  )
})
