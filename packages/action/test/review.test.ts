import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type MergedPull, reviewers, startOf, stepsOf, unreviewed } from "../src/review.ts"
import { simulateAll, sinceFirstParent, sinceLastApply } from "./merges/simulate.ts"

describe("the start of an apply", () => {
  const since = { _tag: "Since", commit: "a" }
  const everything = { _tag: "Everything" }
  const older = { _tag: "Older", commit: "a" }
  for (const [relation, reviewed, unreviewedRun] of [
    ["ahead", since, everything],
    ["identical", since, everything],
    ["diverged", everything, everything],
    ["behind", older, older]
  ] as const) {
    it(`from a last apply whose commit makes this one ${relation}`, () => {
      assert.deepStrictEqual(startOf({ commit: "a", relation }, true), reviewed)
      assert.deepStrictEqual(startOf({ commit: "a", relation }, false), unreviewedRun)
    })
  }

  it("is everything without an earlier apply", () => {
    assert.deepStrictEqual(startOf(undefined, true), { _tag: "Everything" })
  })
})

describe("reviewed steps", () => {
  const pull = (number: number, more: Partial<MergedPull> = {}): MergedPull => ({
    number,
    head: `head${number}`,
    base: "main",
    merge: `merge${number}`,
    mergedAt: `2026-01-${String(number).padStart(2, "0")}T00:00:00Z`,
    ...more
  })
  const numbers = (pulls: ReadonlyArray<MergedPull>) => pulls.map(({ number }) => number)

  it("are those of pull requests merged into the branch and in the range, newest first", () => {
    const pulls = [pull(1), pull(3), pull(2), pull(4, { base: "develop" }), pull(5, { merge: "elsewhere" })]
    assert.deepStrictEqual(
      numbers(reviewers(pulls, "main", new Set(["merge1", "merge2", "merge3", "merge4"]))),
      [3, 2, 1]
    )
  })

  it("are those of the newest 50 without an earlier apply", () => {
    const many = Array.from({ length: 60 }, (_, index) => pull(index, { mergedAt: String(index).padStart(2, "0") }))
    assert.deepStrictEqual(
      numbers(reviewers(many, "main", undefined)),
      Array.from({ length: 50 }, (_, n) => 59 - n)
    )
  })

  const planOf = (
    grants: ReadonlyArray<string>,
    revokes: ReadonlyArray<[project: string, reason: string]>,
    apiUrl = "url"
  ) =>
    stepsOf(
      JSON.stringify({
        format: "checkpoint-permissions/plan",
        apiUrl,
        checkpoints: [
          {
            checkpoint: "ft:a",
            grants,
            revokes: revokes.map(([project_id, reason]) => ({
              permission: { id: `cp_${project_id}`, project_id },
              reason
            }))
          }
        ]
      })
    )

  it.effect("are in any of the plans for the same server, or revoke access that has ended", () =>
    Effect.gen(function* () {
      const now = yield* planOf(
        ["proj_a", "proj_b", "proj_c"],
        [
          ["proj_x", "unwanted"],
          ["proj_y", "ended"]
        ]
      )
      const plans = [
        yield* planOf(["proj_a"], []),
        yield* planOf(["proj_b"], [["proj_x", "unwanted"]]),
        yield* planOf(["proj_c"], [], "another")
      ]
      assert.deepStrictEqual(unreviewed(now, plans), ["+ proj_c  ft:a"])
      assert.deepStrictEqual(unreviewed(now, []).length, 4)
    })
  )

  it.effect("are refused in one line if the text is no plan", () =>
    Effect.gen(function* () {
      for (const text of ["", "[]", '{"format":"checkpoint-permissions/audit"}']) {
        const { message } = yield* Effect.flip(stepsOf(text))
        assert.match(message, /^the plan cannot be used: [^\n]{1,200}$/)
      }
    })
  )
})

describe("random merges", () => {
  it("leave about one of 250 policy commits open at the end; from the first parent one of 25", () => {
    const ours = simulateAll(40, sinceLastApply)
    assert.isAtMost(ours.open / ours.commits, 0.006)
    assert.isAtMost(ours.wrong, 4)
    const other = simulateAll(10, sinceFirstParent)
    assert.isAbove(other.open / other.commits, 0.02)
  })
})
