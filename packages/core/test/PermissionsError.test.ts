import { inspect } from "node:util"
import { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import * as Errors from "@checkpoint-permissions/core/PermissionsError"
import { type Failure, isRetryable, type Kind } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Duration, Effect, Exit, FastCheck as fc, Schema } from "effect"
import { canonical, classOf, errorOf, hostile, tags, text } from "./support.ts"

const { fromFailure, PermissionsError, isPermissionsError, toFailure } = Errors

/** Everything that an error may know. */
const common = {
  operation: "list",
  checkpoint: "ft:a",
  status: 418,
  detail: "said the server",
  code: "teapot",
  param: "after",
  requestId: "req_1",
  retryAfter: Duration.seconds(61),
  shouldRetry: true,
  attempts: 3,
  waited: Duration.seconds(90),
  resumeAfter: PermissionId.make("cp_z"),
  mayHaveExecuted: true
} as const

const schemas: ReadonlyArray<readonly [tag: string, schema: Schema.Schema.AnyNoContext]> = [
  ...tags.map((tag) => [tag, classOf[tag]] as const),
  ["PermissionsError", PermissionsError]
]

/** Milliseconds are a number, so that a nanosecond in a century may be lost on the way. */
const isSameTime = (self: unknown, that: unknown): boolean => {
  if (!Duration.isDuration(self) || !Duration.isDuration(that)) return false
  const [a, b] = [Duration.toMillis(self), Duration.toMillis(that)]
  return a === b || Math.abs(a - b) <= 1e-12 * Math.max(a, b)
}

describe("round trips", () => {
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

  it.each(tags)("%s through JSON, every field of it", (tag) => {
    const error = errorOf[tag](common)
    const wire = Schema.encodeSync(PermissionsError)(error)
    const back = Schema.decodeUnknownSync(PermissionsError)(JSON.parse(JSON.stringify(wire)))
    assert.isTrue(back instanceof classOf[tag])
    assert.strictEqual(canonical(Schema.encodeSync(PermissionsError)(back)), canonical(wire))
    assert.deepInclude({ ...wire }, { ...common, retryAfter: 61_000, waited: 90_000, _tag: tag })
    assert.deepStrictEqual(back.retryAfter, Duration.seconds(61))
    assert.deepStrictEqual(back.waited, Duration.seconds(90))
    assert.strictEqual(back.message, error.message)
  })

  it("of the fields that only one kind has", () => {
    const through = (error: Errors.PermissionsError) =>
      Schema.decodeUnknownSync(PermissionsError)(JSON.parse(JSON.stringify(Schema.encodeSync(PermissionsError)(error))))
    assert.deepInclude(
      through(new Errors.InvalidInputError({ operation: "make", field: "apiUrl", reason: "no scheme" })),
      {
        field: "apiUrl",
        reason: "no scheme"
      }
    )
    assert.deepInclude(through(new Errors.MissingScopeError({ operation: "list", scopes: ["a.read", "a.write"] })), {
      scopes: ["a.read", "a.write"]
    })
    assert.deepInclude(through(new Errors.ConnectionError({ operation: "list", reason: "ECONNRESET" })), {
      reason: "ECONNRESET"
    })
    assert.deepInclude(
      through(new Errors.ConnectionError({ operation: "list", reason: "ECONNRESET", server: "https://a.example/v1" })),
      { reason: "ECONNRESET", server: "https://a.example/v1" }
    )
    assert.deepInclude(through(new Errors.RequestTimeoutError({ operation: "list", timeout: Duration.seconds(30) })), {
      timeout: Duration.seconds(30)
    })
    assert.deepInclude(through(new Errors.InvalidResponseError({ operation: "list", reason: "HTML" })), {
      reason: "HTML"
    })
    assert.deepInclude(
      through(new Errors.IncompleteListingError({ operation: "list", reason: "a cursor twice", received: 300 })),
      { reason: "a cursor twice", received: 300 }
    )
  })

  it("of mayHaveExecuted, false when left out", () => {
    const error = new Errors.RequestTimeoutError({ operation: "create" })
    assert.isFalse(error.mayHaveExecuted)
    const bare = Schema.decodeUnknownSync(PermissionsError)({ _tag: "RequestTimeoutError", operation: "create" })
    assert.isFalse(bare.mayHaveExecuted)
    assert.isTrue(
      Schema.decodeUnknownSync(PermissionsError)({
        _tag: "RequestTimeoutError",
        operation: "create",
        mayHaveExecuted: true
      }).mayHaveExecuted
    )
  })

  it.each([
    [{ _tag: "Nonsense", operation: "list" }],
    [{ operation: "list" }],
    [{ _tag: "NotFoundError", operation: "read" }],
    [{ _tag: "NotFoundError" }],
    [{ _tag: "NotFoundError", operation: "list", status: "404" }],
    [{ _tag: "NotFoundError", operation: "list", status: 404.5 }],
    [{ _tag: "NotFoundError", operation: "list", retryAfter: -1 }],
    [{ _tag: "NotFoundError", operation: "list", mayHaveExecuted: "no" }],
    [{ _tag: "NotFoundError", operation: "list", resumeAfter: ".." }],
    [{ _tag: "InvalidInputError", operation: "list", field: "limit" }],
    [{ _tag: "InvalidInputError", operation: "list", reason: "is 0" }],
    [{ _tag: "MissingScopeError", operation: "list" }],
    [{ _tag: "ConnectionError", operation: "list" }],
    [{ _tag: "InvalidResponseError", operation: "list" }],
    [{ _tag: "IncompleteListingError", operation: "list", reason: "x" }],
    [{ _tag: "IncompleteListingError", operation: "list", reason: "x", received: 1.5 }],
    [null],
    ["NotFoundError"]
  ])("refuse %j", (wire) => {
    assert.throws(() => Schema.decodeUnknownSync(PermissionsError)(wire))
  })
})

describe("the union", () => {
  it("holds each kind once", () => {
    assert.deepStrictEqual<unknown>(
      PermissionsError.members.map((member) => member._tag),
      tags
    )
    assert.deepStrictEqual<unknown>(Object.keys(classOf), tags)
    assert.deepStrictEqual<unknown>(Object.keys(errorOf), tags)
    for (const tag of tags) assert.strictEqual(Object.entries(Errors).find(([name]) => name === tag)?.[1], classOf[tag])
  })

  it.each(tags)("the identifier of %s has the name of the package", (tag) => {
    assert.strictEqual(classOf[tag].identifier, `@checkpoint-permissions/core/${tag}`)
    const schema: Schema.Schema.AnyNoContext = classOf[tag]
    assert.include(String(Schema.decodeUnknownEither(schema)({})), `@checkpoint-permissions/core/${tag}`)
  })

  it.each(tags)("Schema.is knows %s from all others", (tag) => {
    const error = errorOf[tag](common)
    assert.instanceOf(error, Error)
    assert.strictEqual(error._tag, tag)
    assert.strictEqual(error.name, tag)
    assert.isTrue(isPermissionsError(error))
    for (const [other, schema] of schemas) {
      assert.strictEqual(Schema.is(schema)(error), other === tag || other === "PermissionsError")
    }
    assert.isFalse(isPermissionsError({ ...error }))
  })

  it.each([
    [undefined],
    [null],
    ["NotFoundError"],
    [new Error("NotFoundError")],
    [{ _tag: "NotFoundError", operation: "list" }]
  ])("is not %o", (value) => {
    assert.isFalse(isPermissionsError(value))
  })

  it.each(["list", "create", "delete", "make"] as const)("takes %s as operation", (operation) => {
    assert.strictEqual(new Errors.NotFoundError({ operation }).operation, operation)
    assert.isTrue(Schema.is(Errors.Operation)(operation))
  })

  it("throws where it is made of what it does not take", () => {
    assert.throws(() => new Errors.NotFoundError({ operation: "list", status: 404.5 }))
    assert.throws(() => new Errors.IncompleteListingError({ operation: "list", reason: "x", received: Number.NaN }))
  })
})

describe("as failures", () => {
  for (const tag of tags) {
    it.effect(`${tag} is yielded, caught by its tag and printed`, () =>
      Effect.gen(function* () {
        const error: Errors.PermissionsError = errorOf[tag](common)
        const failing = Effect.gen(function* () {
          return yield* error
        })
        assert.strictEqual(yield* Effect.flip(failing), error)
        const caught = yield* Effect.catchTags(failing, {
          InvalidInputError: (error) => Effect.succeed([error._tag, error.field]),
          BadRequestError: (error) => Effect.succeed([error._tag, error.status]),
          AuthenticationError: (error) => Effect.succeed([error._tag, error.status]),
          MissingScopeError: (error) => Effect.succeed([error._tag, error.scopes]),
          PermissionDeniedError: (error) => Effect.succeed([error._tag, error.status]),
          NotFoundError: (error) => Effect.succeed([error._tag, error.checkpoint]),
          ConflictError: (error) => Effect.succeed([error._tag, error.status]),
          RateLimitError: (error) => Effect.succeed([error._tag, error.retryAfter]),
          QuotaExhaustedError: (error) => Effect.succeed([error._tag, error.code]),
          ServerError: (error) => Effect.succeed([error._tag, error.status]),
          ConnectionError: (error) => Effect.succeed([error._tag, error.reason]),
          RequestTimeoutError: (error) => Effect.succeed([error._tag, error.timeout]),
          InvalidResponseError: (error) => Effect.succeed([error._tag, error.reason]),
          IncompleteListingError: (error) => Effect.succeed([error._tag, error.resumeAfter])
        })
        assert.strictEqual(caught[0], tag)
        assert.strictEqual(yield* Effect.catchTag(failing, tag, (error) => Effect.succeed(error._tag)), tag)
        assert.isTrue(Exit.isFailure(yield* Effect.exit(failing)))
        assert.include(Cause.pretty(Cause.fail(error)), `${tag}: ${error.message}`)
      })
    )
  }

  it.prop(
    "print, inspect and stringify whatever they hold",
    { error: PermissionsError, detail: text },
    ({ error, detail }) => {
      for (const value of [error, errorOf[error._tag]({ ...common, detail, checkpoint: detail }, detail)]) {
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

  it.each(tags)("the stack of %s begins with its message", (tag) => {
    const error = errorOf[tag](common)
    assert.strictEqual(error.stack?.split("\n")[0], `${tag}: ${error.message}`)
    assert.strictEqual(String(error), `${tag}: ${error.message}`)
  })
})

describe("messages", () => {
  /** What may not stand in a line for a terminal or a log. */
  const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

  const isOneLine = (line: string) => {
    assert.isFalse(unprintable.test(line), JSON.stringify(line).slice(0, 500))
    assert.isAtMost(line.length, 2600)
    assert.strictEqual(line, line.trim())
    assert.notInclude(line, "undefined")
    assert.notInclude(line, "[object")
  }

  /** What was refused from there is refused again. */
  const canResume = (tag: string) => tag !== "BadRequestError" && tag !== "NotFoundError"

  const textFields = ["checkpoint", "detail", "code", "param", "requestId"] as const

  describe.each(tags)("of %s", (tag) => {
    it.each(hostile.map((text) => [JSON.stringify(text).slice(0, 30), text] as const))(
      "one line with %s",
      (_, text) => {
        const said = errorOf[tag]({ operation: "list" }, text).message
        isOneLine(said)
        for (const field of textFields) isOneLine(errorOf[tag]({ operation: "delete", [field]: text }).message)
        const all = Object.fromEntries(textFields.map((field) => [field, text]))
        isOneLine(errorOf[tag]({ ...common, ...all }, text).message)
        assert.isFalse("polluted" in {})
      }
    )

    it("keeps what to do, and all that is known, however long each text is", () => {
      const long = "x".repeat(100_000)
      const short = errorOf[tag]({ ...common, mayHaveExecuted: false }).message
      const line = errorOf[tag]({ ...common, mayHaveExecuted: false, checkpoint: long, detail: long }, long).message
      const tail = short.slice(short.indexOf(" (status"))
      assert.match(tail, / \(status 418, code teapot, param after, request req_1, 3 attempts in 1m 30s\)/)
      assert.strictEqual(/; resume after cp_z$/.test(tail), canResume(tag))
      assert.isTrue(line.endsWith(tail), line.slice(-300))
    })

    it("shows an id of 512 characters whole, where it was done and where to resume", () => {
      const id = PermissionId.make(`cp_${"x".repeat(509)}`)
      const line = errorOf[tag]({ operation: "list", checkpoint: `ft:${"y".repeat(509)}`, resumeAfter: id }).message
      assert.include(line, `list ft:${"y".repeat(509)}: `)
      assert.strictEqual(line.endsWith(`; resume after ${id}`), canResume(tag))
    })

    it("leaves out what is empty", () => {
      const line = errorOf[tag]({ operation: "list", checkpoint: "", detail: " ", code: "", param: "", requestId: "" })
      assert.isTrue(line.message.startsWith("list: "), line.message)
      assert.notMatch(line.message, / \((status|code|param|request|\d+ attempts)/)
      assert.notInclude(line.message, ": :")
    })

    it("says of work that may have been done what to do first", () => {
      for (const operation of ["create", "delete"] as const) {
        const line = errorOf[tag]({ operation, mayHaveExecuted: true }).message
        assert.match(line, /; (it|an attempt before) may have been carried out all the same: list before trying again$/)
        assert.notMatch(line, /try again in/)
      }
    })
  })

  it.prop(
    "are one line, whatever is in whichever field",
    {
      error: PermissionsError,
      own: text,
      checkpoint: text,
      detail: text,
      code: text,
      param: text,
      requestId: text
    },
    ({ error, own, ...texts }) => {
      assert.isFalse(unprintable.test(error.message))
      const other = errorOf[error._tag]({ operation: error.operation, ...texts }, own)
      assert.isFalse(unprintable.test(other.message))
      assert.isAtMost(other.message.length, 2600)
      assert.isTrue(other.message.startsWith(error.operation))
      assert.isFalse(unprintable.test(String(other.stack).split("\n    at ")[0] ?? ""))
    },
    { fastCheck: { numRuns: 500 } }
  )

  it("cut long text between characters", () => {
    for (const offset of ["", "x"]) {
      const detail = `${offset}${"\u{1f600}".repeat(1000)}`
      const line = new Errors.BadRequestError({ operation: "list", detail }).message
      assert.isFalse(/\p{Cs}/u.test(line))
      assert.match(line, /\u{1f600}…$/u)
    }
  })

  it("escape what they do not print, so that it can be seen", () => {
    const line = new Errors.BadRequestError({
      operation: "list",
      detail: "a\u001b[31mb\u202ec\u0085d\u{e0041}e\ud800f"
    }).message
    assert.strictEqual(line, "list: the server refuses the request: a\\u001b[31mb\\u202ec\\u0085d\\u{e0041}e\\ud800f")
  })

  it("mark what they cut, even when white space made room for the rest", () => {
    const line = new Errors.BadRequestError({ operation: "list", detail: `a${" ".repeat(2000)}b` }).message
    assert.match(line, /…$/)
    const whole = new Errors.BadRequestError({ operation: "list", detail: `${" ".repeat(2000)}b ` }).message
    assert.match(whole, /: b$/)
  })

  const examples: ReadonlyArray<readonly [error: Errors.PermissionsError, line: string]> = [
    [
      new Errors.InvalidInputError({
        operation: "list",
        field: "limit",
        reason: "limit is 0: pass a positive whole number"
      }),
      "list: invalid limit: limit is 0: pass a positive whole number"
    ],
    [
      new Errors.BadRequestError({ operation: "create", checkpoint: "ft:a", status: 400, detail: "owning project" }),
      "create ft:a: the server refuses the request: owning project (status 400)"
    ],
    [
      new Errors.AuthenticationError({ operation: "list", status: 401, code: "invalid_api_key" }),
      "list: the server does not accept the key (status 401, code invalid_api_key); " +
        "check the admin key (OPENAI_ADMIN_KEY) and the organization"
    ],
    [
      new Errors.MissingScopeError({ operation: "list", status: 401, scopes: ["a.read", "a.write"] }),
      "list: the key lacks a.read, a.write (status 401); use an admin key that has it"
    ],
    [
      new Errors.MissingScopeError({ operation: "list", status: 403, scopes: [] }),
      "list: the key lacks a scope (status 403); use an admin key that has it"
    ],
    [
      new Errors.PermissionDeniedError({ operation: "list", status: 403 }),
      "list: the key may not do this (status 403)"
    ],
    [
      new Errors.NotFoundError({ operation: "list", checkpoint: "ft:a", status: 404, requestId: "req_1" }),
      "list ft:a: no such checkpoint (status 404, request req_1); check the id and that the key is of its organization"
    ],
    [
      new Errors.NotFoundError({ operation: "delete", checkpoint: "ft:a", status: 404 }),
      "delete ft:a: no such permission or checkpoint (status 404); check the id and that the key is of its organization"
    ],
    [
      new Errors.ConflictError({ operation: "create", status: 409, param: "project_ids" }),
      "create: the server reports a conflict (status 409, param project_ids)"
    ],
    [
      new Errors.RateLimitError({ operation: "list", status: 429, attempts: 1 }),
      "list: too many requests (status 429); try again in a minute"
    ],
    [
      new Errors.RateLimitError({ operation: "list", status: 429, retryAfter: Duration.seconds(61) }),
      "list: too many requests (status 429); try again in 1m 1s, as the server asks"
    ],
    [
      new Errors.RateLimitError({ operation: "list", attempts: 5, waited: Duration.minutes(2) }),
      "list: too many requests (5 attempts in 2m); try again in a minute"
    ],
    [
      new Errors.RateLimitError({ operation: "list", attempts: 2 }),
      "list: too many requests (2 attempts); try again in a minute"
    ],
    [
      new Errors.QuotaExhaustedError({ operation: "list", status: 429, code: "insufficient_quota" }),
      "list: the organization's quota or credit is used up (status 429, code insufficient_quota); " +
        "check plan and billing; trying again does not help"
    ],
    [new Errors.ServerError({ operation: "list", status: 502 }), "list: the server failed (status 502)"],
    [
      new Errors.ServerError({ operation: "create", status: 502, mayHaveExecuted: true }),
      "create: the server failed (status 502); it may have been carried out all the same: list before trying again"
    ],
    [
      new Errors.ConnectionError({ operation: "list", reason: "ECONNREFUSED" }),
      "list: no connection to the server: ECONNREFUSED; check the address, the proxy and the network"
    ],
    [
      new Errors.ConnectionError({ operation: "list", reason: "ECONNREFUSED", server: "https://api.openai.com/v1" }),
      "list: no connection to https://api.openai.com/v1: ECONNREFUSED; check the address, the proxy and the network"
    ],
    [
      new Errors.ConnectionError({
        operation: "list",
        status: 200,
        reason: "ECONNRESET",
        server: "https://api.openai.com/v1"
      }),
      "list: the connection to https://api.openai.com/v1 broke off: ECONNRESET (status 200)"
    ],
    [
      new Errors.RateLimitError({
        operation: "list",
        retryAfter: Duration.nanos(2_500_000_001n),
        attempts: 2,
        waited: Duration.nanos(100_000_001n)
      }),
      "list: too many requests (2 attempts in 100ms); the pace holds requests back: try again in 2.5s"
    ],
    [new Errors.RequestTimeoutError({ operation: "list", status: 408 }), "list: the server took too long (status 408)"],
    [
      new Errors.RequestTimeoutError({ operation: "list", timeout: Duration.seconds(30) }),
      "list: no answer within 30s"
    ],
    [
      new Errors.InvalidResponseError({ operation: "list", status: 200, reason: "has_more is missing" }),
      "list: the reply is not what the API promises: has_more is missing (status 200); " +
        "check that the base URL is the API's (OPENAI_BASE_URL)"
    ],
    [
      new Errors.IncompleteListingError({
        operation: "list",
        checkpoint: "ft:a",
        reason: "the server repeats a cursor",
        received: 300,
        resumeAfter: PermissionId.make("cp_z")
      }),
      "list ft:a: the listing cannot be trusted after 300 permissions: the server repeats a cursor; resume after cp_z"
    ],
    [
      new Errors.RateLimitError({ operation: "list", resumeAfter: PermissionId.make("cp_z") }),
      "list: too many requests; try again in a minute; resume after cp_z"
    ]
  ]

  it.each(examples)("read: %s", (error, line) => {
    assert.strictEqual(error.message, line)
    isOneLine(line)
  })
})

describe("isRetryable", () => {
  /**
   * Whether each failure is worth another try and does no harm. Six columns:
   * `x-should-retry` not sent, true, false; in each, the work certainly not
   * done and perhaps done. First every operation but create, then create.
   */
  const table = {
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
  } as const satisfies { readonly [Tag in Errors.PermissionsError["_tag"]]: readonly [string, string] }

  const columns = [undefined, true, false].flatMap((shouldRetry) =>
    [false, true].map((mayHaveExecuted) => ({ shouldRetry, mayHaveExecuted }))
  )

  describe.each(tags)("%s", (tag) => {
    it.each(Errors.Operation.literals)("of %s", (operation) => {
      const expected = table[tag][operation === "create" ? 1 : 0].split(" ")
      assert.strictEqual(expected.length, columns.length)
      for (const [index, column] of columns.entries()) {
        const error = errorOf[tag]({ operation, ...column })
        assert.strictEqual(error.isRetryable, expected[index] === "ok", JSON.stringify(column))
      }
    })
  })

  it.prop(
    "settles by these four alone",
    { error: PermissionsError, detail: fc.string() },
    ({ error, detail }) => {
      const { operation, shouldRetry, mayHaveExecuted } = error
      const bare = errorOf[error._tag]({ operation, shouldRetry, mayHaveExecuted })
      const full = errorOf[error._tag]({ ...common, detail, operation, shouldRetry, mayHaveExecuted })
      assert.strictEqual(bare.isRetryable, error.isRetryable)
      assert.strictEqual(full.isRetryable, error.isRetryable)
    },
    { fastCheck: { numRuns: 500 } }
  )

  it("never repeats a create that may have been carried out", () => {
    for (const tag of tags) {
      for (const shouldRetry of [undefined, true, false]) {
        assert.isFalse(errorOf[tag]({ operation: "create", shouldRetry, mayHaveExecuted: true }).isRetryable)
      }
    }
  })
})

describe("fromFailure and toFailure", () => {
  const full = {
    operation: "list",
    checkpoint: "ft:a",
    status: 418,
    detail: "said the server",
    code: "teapot",
    param: "after",
    requestId: "req_1",
    retryAfter: 61_000,
    shouldRetry: true,
    attempts: 3,
    waited: 90_000,
    resumeAfter: "cp_z",
    mayHaveExecuted: true
  } as const
  const own: { readonly [Tag in Kind]: Failure & { readonly kind: Tag } } = {
    InvalidInputError: { ...full, kind: "InvalidInputError", field: "limit", reason: "is 0" },
    BadRequestError: { ...full, kind: "BadRequestError" },
    AuthenticationError: { ...full, kind: "AuthenticationError" },
    MissingScopeError: { ...full, kind: "MissingScopeError", scopes: ["a.read"] },
    PermissionDeniedError: { ...full, kind: "PermissionDeniedError" },
    NotFoundError: { ...full, kind: "NotFoundError" },
    ConflictError: { ...full, kind: "ConflictError" },
    RateLimitError: { ...full, kind: "RateLimitError" },
    QuotaExhaustedError: { ...full, kind: "QuotaExhaustedError" },
    ServerError: { ...full, kind: "ServerError" },
    ConnectionError: {
      ...full,
      kind: "ConnectionError",
      reason: "ECONNRESET",
      server: "https://a.example",
      sent: true
    },
    RequestTimeoutError: { ...full, kind: "RequestTimeoutError", timeout: 30_000 },
    InvalidResponseError: { ...full, kind: "InvalidResponseError", reason: "HTML" },
    IncompleteListingError: { ...full, kind: "IncompleteListingError", reason: "a cursor twice", received: 7 }
  }

  it.each(tags)("makes %s of its kind, every field of it", (tag) => {
    const failure = own[tag]
    const error = fromFailure(failure)
    assert.isTrue(error instanceof classOf[tag])
    const { kind, ...fields } = failure
    assert.deepStrictEqual<unknown>({ ...Schema.encodeSync(PermissionsError)(error) }, { ...fields, _tag: kind })
    assert.strictEqual(error.message, message(failure))
    assert.strictEqual(error.isRetryable, isRetryable(failure))
    assert.deepStrictEqual(toFailure(error), failure)
  })

  it.each(tags)("makes %s of little", (tag) => {
    const { attempts, checkpoint, code, detail, param, requestId, resumeAfter, retryAfter, waited, ...rest } = own[tag]
    const { shouldRetry, status, ...bare } = rest
    const error = fromFailure(bare)
    assert.isUndefined(error.retryAfter)
    assert.isUndefined(error.waited)
    assert.isUndefined(error.resumeAfter)
    assert.strictEqual(error.message, message(bare))
  })

  it("leaves out a cursor that is no id", () => {
    assert.isUndefined(fromFailure({ ...own.NotFoundError, resumeAfter: " " }).resumeAfter)
    assert.strictEqual(
      fromFailure({ ...own.RequestTimeoutError, timeout: undefined }).message,
      message({ ...full, kind: "RequestTimeoutError" })
    )
  })
})
