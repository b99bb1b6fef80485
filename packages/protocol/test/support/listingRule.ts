import { assert, it } from "vitest"
import type { Failure } from "../../src/failure.ts"
import { type Answer, options, run, scripted } from "./listing.ts"

interface Expected {
  readonly ids: ReadonlyArray<string>
  /** The cursor of each request. */
  readonly after: ReadonlyArray<string | undefined>
  readonly kind?: Failure["kind"]
  readonly reason?: string
  readonly resumeAfter?: string
  /** The listing is resumed after this. */
  readonly resumed?: string
}

/** What a listing makes of these answers, and that it asks for all of them. */
export const rule = (name: string, answers: ReadonlyArray<Answer>, expected: Expected) =>
  it(name, () => {
    const { asks, fail, ids } = run(scripted(answers), { after: expected.resumed })
    assert.deepStrictEqual(ids, expected.ids)
    assert.deepStrictEqual(
      asks.map(({ after }) => after),
      expected.after
    )
    assert.strictEqual(fail?.kind, expected.kind)
    assert.strictEqual(fail?.resumeAfter, expected.resumeAfter)
    if (fail?.kind !== "IncompleteListingError") return
    assert.deepStrictEqual(fail, {
      kind: "IncompleteListingError",
      operation: "list",
      mayHaveExecuted: false,
      checkpoint: options.checkpoint,
      reason: expected.reason ?? "",
      received: expected.ids.length,
      resumeAfter: expected.resumeAfter
    })
  })
