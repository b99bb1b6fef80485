import { Console } from "node:console"
import { Writable } from "node:stream"
import { inspect } from "node:util"
import { failures } from "@checkpoint-permissions/contract"
import * as Errors from "@checkpoint-permissions/core/PermissionsError"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Duration, Effect, Exit, FastCheck as fc, Schema } from "effect"
import { scoped } from "./effects.ts"
import { errorOf } from "./support.ts"

const { fromFailure, PermissionsError, isPermissionsError } = Errors

const tags = PermissionsError.members.map(({ _tag }) => _tag)

const schemas: ReadonlyArray<readonly [tag: string, schema: Schema.Schema.AnyNoContext]> = [
  ...PermissionsError.members.map((member) => [member._tag, member] as const),
  ["PermissionsError", PermissionsError]
]

/** Milliseconds are a number, so that a nanosecond in a century may be lost on the way. */
const isSameTime = (self: unknown, that: unknown): boolean => {
  if (!Duration.isDuration(self) || !Duration.isDuration(that)) return false
  const [a, b] = [Duration.toMillis(self), Duration.toMillis(that)]
  return a === b || Math.abs(a - b) <= 1e-12 * Math.max(a, b)
}

describe("an error is the same after a round trip", () => {
  for (const [tag, schema] of schemas) {
    const encode = Schema.encodeSync(schema)
    const decode = Schema.decodeUnknownSync(schema)
    it.prop(tag, { error: Arbitrary.make(schema) }, ({ error }) => {
      const wire: unknown = encode(error)
      const back = decode(wire)
      assert.isTrue(isPermissionsError(back))
      assert.deepStrictEqual(encode(back), wire)
      assert.strictEqual(back._tag, error._tag)
      assert.strictEqual(back.constructor, error.constructor)
      assert.strictEqual(back.isRetryable, error.isRetryable)
      for (const field of Object.keys(error)) {
        if (Duration.isDuration(error[field])) assert.isTrue(isSameTime(back[field], error[field]), field)
        else assert.deepStrictEqual(back[field], error[field], field)
      }
    })
  }

  it.each([
    [{ _tag: "Nonsense", operation: "list" }],
    [{ operation: "list" }],
    [{ _tag: "NotFoundError", operation: "read" }],
    [{ _tag: "NotFoundError" }],
    [{ _tag: "NotFoundError", operation: "list", status: 404.5 }],
    [{ _tag: "NotFoundError", operation: "list", retryAfter: -1 }],
    [{ _tag: "NotFoundError", operation: "list", resumeAfter: ".." }],
    [{ _tag: "InvalidInputError", operation: "list", field: "limit" }],
    [{ _tag: "IncompleteListingError", operation: "list", reason: "x" }],
    [null]
  ])("refuse %j", (wire) => {
    assert.throws(() => Schema.decodeUnknownSync(PermissionsError)(wire))
  })
})

describe("the union", () => {
  it("contains each kind once", () => {
    assert.strictEqual(new Set(tags).size, 14)
    assert.strictEqual(tags.length, 14)
  })

  it.each(schemas.slice(0, -1))("the identifier of %s has the name of the package", (tag, schema) => {
    assert.include(String(Schema.decodeUnknownEither(schema)({})), `@checkpoint-permissions/core/${tag}`)
  })

  it.each(tags)("Schema.is distinguishes %s from all others", (tag) => {
    const error = errorOf(tag)
    assert.instanceOf(error, Error)
    assert.strictEqual(error._tag, tag)
    assert.strictEqual(error.name, tag)
    assert.isTrue(isPermissionsError(error))
    for (const [other, schema] of schemas) {
      assert.strictEqual(Schema.is(schema)(error), other === tag || other === "PermissionsError")
    }
    assert.isFalse(isPermissionsError({ ...error }))
  })

  it("throws if it is made of invalid fields", () => {
    assert.throws(() => new Errors.NotFoundError({ operation: "list", status: 404.5 }))
    assert.throws(() => new Errors.IncompleteListingError({ operation: "list", reason: "x", received: Number.NaN }))
  })
})

describe("as failures", () => {
  for (const tag of tags) {
    scoped(`${tag} is yielded, caught by its tag and printed`, function* () {
      const error = errorOf(tag)
      const failing = Effect.gen(function* () {
        return yield* error
      })
      assert.strictEqual(yield* Effect.flip(failing), error)
      assert.strictEqual(yield* Effect.catchTag(failing, tag, (error) => Effect.succeed(error._tag)), tag)
      assert.include(Cause.pretty(Cause.fail(error)), `${tag}: ${error.message}`)
      assert.strictEqual(error.stack?.split("\n")[0], `${tag}: ${error.message}`)
    })
  }

  it.prop(
    "can be printed, inspected and stringified with any fields",
    { error: PermissionsError, detail: fc.string({ unit: "binary" }) },
    ({ error, detail }) => {
      for (const value of [error, errorOf(error._tag, { detail, checkpoint: detail }, detail)]) {
        assert.include(inspect(value), value._tag)
        assert.include(inspect(value, { depth: null, showHidden: true, getters: true }), value._tag)
        assert.strictEqual(JSON.parse(JSON.stringify(value))._tag, value._tag)
        assert.strictEqual(JSON.parse(JSON.stringify({ failure: Exit.fail(value) })).failure._tag, "Failure")
        assert.isString(String(value))
        assert.isString(value.stack)
        assert.isString(Cause.pretty(Cause.fail(value), { renderErrorCause: true }))
      }
    }
  )
})

describe("a printed error of the client", () => {
  const absent = { checkpoint: undefined, detail: undefined, retryAfter: undefined, resumeAfter: undefined }
  const common = { operation: "list", mayHaveExecuted: false } as const
  const cause = { code: "ECONNREFUSED", message: "connect ECONNREFUSED" }

  const printed = (value: unknown): ReadonlyArray<string> => {
    const lines: Array<string> = []
    const stream = new Writable({ write: (chunk, _encoding, done) => done(void lines.push(String(chunk))) })
    new Console(stream).log(value)
    return [
      ...lines,
      inspect(value),
      inspect({ value }, { depth: 5 }),
      Cause.pretty(Cause.fail(value), { renderErrorCause: true })
    ]
  }

  it.each(failures.map((one) => [one.kind, { ...one, ...absent }] as const))(
    "%s: no frame of a schema",
    (kind, one) => {
      const made = [
        fromFailure(one),
        new Errors.InvalidInputError({ operation: "list", field: "limit", reason: "is 0" }),
        new Errors.NotFoundError({ operation: "list", checkpoint: undefined, status: 404 })
      ]
      assert.strictEqual(made[0]?._tag, kind)
      for (const error of made) {
        for (const text of [...printed(error), String(error.stack)]) {
          assert.include(text, `${error._tag}: ${error.message}`)
          assert.include(text, "PermissionsError.test.ts")
          assert.notMatch(text, /\b(Schema|ParseResult)\b/)
          assert.notMatch(text, /undefined/)
        }
      }
    }
  )

  it("has the root cause", () => {
    const error = fromFailure({ ...common, kind: "ConnectionError", reason: "ECONNREFUSED", cause })
    assert.deepStrictEqual(error.cause, cause)
    for (const text of printed(error)) assert.include(text, cause.message)
    assert.include(inspect(error), "[cause]: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' }")
  })

  it("of refused input is what was refused", () => {
    const error = fromFailure({ ...common, kind: "InvalidInputError", field: "limit", reason: "is 0" })
    assert.deepStrictEqual<object>(
      { ...error },
      { _tag: "InvalidInputError", operation: "list", field: "limit", reason: "is 0" }
    )
    assert.isFalse(error.mayHaveExecuted)
    assert.isUndefined(error.status)
  })
})

/** All else is tested of both Effect lines at once, in `bench/test/errorFields.test.ts`. */
it("fromFailure leaves out a cursor that is no id", () => {
  const failure = { kind: "NotFoundError", operation: "list", resumeAfter: " ", mayHaveExecuted: false } as const
  assert.isUndefined(fromFailure(failure).resumeAfter)
})
