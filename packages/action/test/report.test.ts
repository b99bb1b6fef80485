import { fenced } from "@checkpoint-permissions/protocol/text"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as report from "../src/report.ts"

const marker = report.hidden("checkpoint-permissions: plan")

/** A plan of so many changes, as the command line writes it. */
const planOf = (changes: number): string => {
  const lines = Array.from({ length: changes }, (_, index) => `- proj_${index}  cp_${index}, since 2026-01-01`)
  return ["### Access plan", "", fenced(["ft:a", ...lines].join("\n"), "diff"), "", "1 checkpoint.", ""].join("\n")
}

describe("comment", () => {
  it("fits for 5,000 changes, closes its block, and counts the lines that are elsewhere", () => {
    const body = report.comment(marker, planOf(5000), "the summary")
    assert.isAtMost(body.length, report.commentLimit)
    assert.isAtLeast(body.length, report.commentLimit - 200)
    assert.strictEqual(body.split("\n").filter((line) => line.startsWith("```")).length, 2)
    const [, shown] = [...body.matchAll(/^- proj_(\d+) /gm)].at(-1) ?? []
    const left = Number(/(\d+) more lines are in the summary\.$/.exec(body)?.[1])
    // those that are left, the end of the block, and the four lines after it
    assert.strictEqual(left, 5000 - 1 - Number(shown) + 4)
  })

  it("is whole where it fits", () => {
    assert.strictEqual(report.comment(marker, planOf(3), "the summary"), `${marker}\n${planOf(3)}`)
  })

  it("fits, whatever is in it", () => {
    const line = fc.oneof(fc.string({ maxLength: 200 }), fc.constantFrom("```", "````diff", "``````"))
    const text = fc.array(fc.tuple(line, fc.integer({ min: 1, max: 3000 })), { maxLength: 40 })
    fc.assert(
      fc.property(text, (parts) => {
        const markdown = parts.flatMap(([part, times]) => Array.from({ length: times }, () => part)).join("\n")
        assert.isAtMost(report.comment(marker, markdown, "the summary").length, report.commentLimit)
        assert.isAtMost(Buffer.byteLength(report.summary(markdown)), report.summaryLimit)
      }),
      { numRuns: 50 }
    )
  })
})
