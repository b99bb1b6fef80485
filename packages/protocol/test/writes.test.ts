import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import * as writes from "../src/writes.ts"

const kinds: ReadonlyArray<Failure["kind"]> = [
  ...(["InvalidInputError", "BadRequestError", "AuthenticationError", "MissingScopeError"] as const),
  ...(["PermissionDeniedError", "NotFoundError", "ConflictError", "RateLimitError", "QuotaExhaustedError"] as const),
  ...(["ServerError", "ConnectionError", "RequestTimeoutError", "InvalidResponseError"] as const),
  "IncompleteListingError"
]

describe("the owning project", () => {
  const message = "Cannot modify checkpoint permissions for the owning project"
  const named = ["proj_a", "'proj_a'", '"proj_a".', "`proj_a`", " proj_a ", "proj_a.", `'"proj_a"'.`]

  it.each<readonly [detail: string | undefined, of: string, owner: string | undefined]>([
    ...named.map((name) => [`${message}: ${name}`, "proj_b proj_a", "proj_a"] as const),
    [`${message} proj_a`, "proj_b proj_a", "proj_a"],
    [`${message.toUpperCase()}:\nproj_a`, "proj_b proj_a", "proj_a"],
    // the only one asked for, where the server names none or another
    [message, "proj_a", "proj_a"],
    [`${message}: proj_z`, "proj_a", "proj_a"],
    ...["", ": proj_z", ": proj_'a", ": proj_a.b", ": proj_a and others"].map(
      (rest) => [`${message}${rest}`, "proj_a proj_b", undefined] as const
    ),
    ["Unknown project: proj_a", "proj_a", undefined],
    ["for the owning projects", "proj_a", undefined],
    [undefined, "proj_a", undefined]
  ])("that %j names, of %s, is %s", (detail, of, owner) => {
    assert.strictEqual(writes.ownerProjectOf({ kind: "BadRequestError", detail }, of.split(" ")), owner)
    assert.isUndefined(writes.ownerProjectOf({ kind: "PermissionDeniedError", detail }, of.split(" ")))
  })
})

const failed = (kind: Failure["kind"], mayHaveExecuted: boolean, detail?: string) => ({
  failure: { kind, mayHaveExecuted, detail }
})
describe("a create by its own reply", () => {
  it("failed if it was not executed and was not refused because of a project", () => {
    for (const kind of kinds) {
      const isRefusal = kind === "BadRequestError" || kind === "ConflictError"
      assert.strictEqual(writes.onCreate(["a"], failed(kind, false)), isRefusal ? "unknown" : "failed")
      assert.strictEqual(writes.onCreate(["a"], failed(kind, true)), "unknown")
    }
  })
})

describe("a create by its reply and a snapshot", () => {
  it("is split into batches of at most that many projects, none of them empty", () => {
    assert.deepStrictEqual(writes.batchesOf(["a", "b", "c"], 2), [["a", "b"], ["c"]])
    assert.deepStrictEqual(writes.batchesOf(["a", "b"], 2), [["a", "b"]])
    assert.deepStrictEqual(writes.batchesOf([], 2), [])
  })
})
