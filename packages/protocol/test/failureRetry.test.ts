import { assert, describe, it } from "vitest"
import { isRetryable, type Kind, operations, repeats } from "../src/failure.ts"

/**
 * Six columns: `x-should-retry` not sent, true, false; in each, certainly not
 * executed and perhaps executed. First safe and idempotent operations, then unsafe ones.
 */
const table: { readonly [K in Kind]: readonly [others: string, unsafe: string] } = {
  //                     -  -  y  y  n  n    -  -  y  y  n  n
  InvalidInputError: /*     */ ["no no no no no no", "no no no no no no"],
  BadRequestError: /*       */ ["no no ok ok no no", "no no no no no no"],
  AuthenticationError: /*     */ ["no no ok ok no no", "no no no no no no"],
  MissingScopeError: /*     */ ["no no ok ok no no", "no no no no no no"],
  PermissionDeniedError: /* */ ["no no ok ok no no", "no no no no no no"],
  NotFoundError: /*         */ ["no no ok ok no no", "no no no no no no"],
  ConflictError: /*         */ ["ok ok ok ok no no", "no no no no no no"],
  RateLimitError: /*      */ ["ok ok ok ok no no", "ok no ok no no no"],
  QuotaExhaustedError: /*   */ ["no no no no no no", "no no no no no no"],
  ServerError: /*      */ ["ok ok ok ok no no", "no no no no no no"],
  ConnectionError: /* */ ["ok ok ok ok no no", "ok no ok no no no"],
  RequestTimeoutError: /*         */ ["ok ok ok ok no no", "no no no no no no"],
  InvalidResponseError: /*  */ ["no no ok ok no no", "no no no no no no"],
  IncompleteListingError: /**/ ["no no no no no no", "no no no no no no"]
}
const columns = [undefined, true, false].flatMap((shouldRetry) =>
  [false, true].map((mayHaveExecuted) => ({ shouldRetry, mayHaveExecuted }))
)

describe("a call that a deadline ended", () => {
  const failure = { kind: "RateLimitError", operation: "list", mayHaveExecuted: false, endedByDeadline: true } as const

  it("is not retried if it was not sent, and otherwise as without the deadline", () => {
    assert.isFalse(isRetryable({ ...failure, attempts: 0 }))
    assert.isTrue(isRetryable({ ...failure, attempts: 1 }))
    assert.isTrue(isRetryable({ ...failure, attempts: 0, endedByDeadline: undefined }))
  })
})

describe.each(Object.entries(table))("%s", (name, cells) => {
  const kind = (Object.keys(table) as ReadonlyArray<Kind>).find((known) => known === name) ?? "InvalidInputError"
  it.each(operations)("of %s is retried where it may help and can do no harm", (operation) => {
    const expected = cells[repeats[operation] === "unsafe" ? 1 : 0].split(" ")
    assert.strictEqual(expected.length, columns.length)
    for (const [index, column] of columns.entries()) {
      const failure = { kind, operation, ...column }
      assert.strictEqual(isRetryable(failure), expected[index] === "ok", JSON.stringify(column))
    }
  })
})
