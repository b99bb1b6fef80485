import {
  CheckpointId,
  isCheckpointId,
  isPermissionId,
  isProjectId,
  PermissionId,
  ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import { refuseCheckpoint, refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck as fc, ParseResult, Schema } from "effect"

const identifiers: ReadonlyArray<{
  readonly name: string
  readonly noun: string
  readonly schema: Schema.Schema.AnyNoContext
  readonly refuse: (id: string) => string | undefined
  readonly is: (id: string) => boolean
}> = [
  {
    name: "CheckpointId",
    noun: "the checkpoint id",
    schema: CheckpointId,
    refuse: refuseCheckpoint,
    is: isCheckpointId
  },
  {
    name: "PermissionId",
    noun: "the permission id",
    schema: PermissionId,
    refuse: refusePermission,
    is: isPermissionId
  },
  { name: "ProjectId", noun: "the project id", schema: ProjectId, refuse: refuseProject, is: isProjectId }
]

/** The lines of a refusal, as the caller reads them. */
const refusals = (schema: Schema.Schema.AnyNoContext, id: unknown): ReadonlyArray<string> =>
  Either.match(Schema.decodeUnknownEither(schema)(id), {
    onLeft: (error) => ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) => issue.message),
    onRight: () => []
  })

const accepts = (schema: Schema.Schema.AnyNoContext, id: unknown) => Schema.is(schema)(id)

const refused: ReadonlyArray<readonly [what: string, id: string, says: RegExp, todo: RegExp]> = [
  ["empty", "", /is empty/, /pass an id such as /],
  ["513 characters", "a".repeat(513), /has 513 characters, more than 512/, /pass the id alone/],
  ["100,000 characters", "a".repeat(100_000), /has 100000 characters/, /pass the id alone/],
  ["one dot", ".", /"\." would address another path/, /pass an id such as /],
  ["two dots", "..", /"\.\." would address another path/, /pass an id such as /],
  ["a line feed", "ft:a\nb", /control character/, /remove line breaks/],
  ["a trailing line feed", "ft:a\n", /control character/, /remove line breaks/],
  ["a carriage return", "ft:a\rb", /control character/, /remove line breaks/],
  ["a tab", "ft:a\tb", /control character/, /tabs/],
  ["NUL", "ft:a\u0000b", /control character/, /remove/],
  ["an escape sequence", "ft:\u001b[31ma", /control character/, /escape sequences/],
  ["DEL", "ft:a\u007fb", /control character/, /remove/],
  ["a C1 control", "ft:a\u009bb", /control character/, /remove/],
  ["NEL", "ft:a\u0085b", /control character/, /remove/],
  ["a high surrogate alone", "ft:a\ud800", /surrogate/, /pass the id as well-formed Unicode/],
  ["a low surrogate alone", "ft:\udfffa", /surrogate/, /pass the id as well-formed Unicode/],
  ["surrogates the wrong way round", "ft:\udc00\ud800", /surrogate/, /pass the id as well-formed Unicode/],
  ["a leading space", " ft:a", /begins or ends with white space/, /trim it/],
  ["a trailing space", "ft:a ", /begins or ends with white space/, /trim it/],
  ["nothing but space", "   ", /begins or ends with white space/, /trim it/],
  ["a no-break space in front", "\u00a0ft:a", /begins or ends with white space/, /trim it/],
  ["an ideographic space at the end", "ft:a\u3000", /begins or ends with white space/, /trim it/],
  ["a byte order mark", "\ufeffft:a", /begins or ends with white space/, /trim it/],
  ["a line separator at the end", "ft:a\u2028", /begins or ends with white space/, /trim it/]
]

const accepted: ReadonlyArray<string> = [
  "ft-AF1WoRqd3aJAHsqc9NY7iL8F",
  "a",
  "...",
  ". .",
  ".a",
  "a.",
  "%2e%2e",
  "%2E",
  "../../models",
  "a/b?c#d%e&f=g",
  "a b",
  "é中文\u{1f600}",
  "a".repeat(512),
  "FTCKPT_a",
  "a_ftckpt_b",
  "__proto__",
  "constructor",
  "-",
  "'\"\\`$(x)"
]

describe.each(identifiers)("$name", ({ noun, schema }) => {
  it.each(refused)("refuses %s and says what to do", (_what, id, says, todo) => {
    const [first, ...rest] = refusals(schema, id)
    assert.deepStrictEqual(rest, [])
    assert.isDefined(first)
    assert.isTrue(first.startsWith(noun), first)
    assert.match(first, says)
    assert.match(first, todo)
    assert.isFalse(/\p{Cc}|\p{Cs}/u.test(first), "the refusal itself fits on one line")
    assert.isBelow(first.length, 200)
    assert.throws(() => Schema.validateSync(schema)(id))
    assert.isFalse(accepts(schema, id))
  })

  it.each(accepted)("accepts %j", (id) => {
    assert.deepStrictEqual(refusals(schema, id), [])
  })

  it("accepts 512 characters and refuses 513", () => {
    assert.isTrue(accepts(schema, "a".repeat(512)))
    assert.isFalse(accepts(schema, "a".repeat(513)))
    assert.isTrue(accepts(schema, "\u{1f600}".repeat(256)))
    assert.isFalse(accepts(schema, `${"\u{1f600}".repeat(256)}a`))
  })

  it.each([[undefined], [null], [5], [true], [["ft:a"]], [{}], [Symbol.iterator], [1n]])(
    "refuses %s, not a string",
    (id) => {
      const [first] = refusals(schema, id)
      assert.match(first ?? "", /Expected string/)
    }
  )

  it("is refused on one line where a decode failure is printed", () => {
    const failure = Schema.decodeUnknownEither(schema)("")
    const message = Either.isLeft(failure) ? failure.left.message : ""
    assert.match(message, /^the (checkpoint|permission|project) id is empty: pass an id such as \S+$/)
  })
})

describe("ids of another kind", () => {
  const ids = {
    "ft:": "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd",
    ftckpt_: "ftckpt_zc4Q7MP6XxulcVzj4MZdwsAB",
    "ftjob-": "ftjob-zc4Q7MP6XxulcVzj4MZdwsAB",
    proj_: "proj_iqGMw1llN8IrBb6SvvY5A1oF",
    cp_: "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
    "sk-": "sk-admin-zc4Q7MP6XxulcVzj4MZdwsAB"
  }
  const cases: ReadonlyArray<
    readonly [name: string, schema: Schema.Schema.AnyNoContext, foreign: ReadonlyArray<string>, todo: RegExp]
  > = [
    ["CheckpointId", CheckpointId, ["ftckpt_", "ftjob-", "proj_", "cp_", "sk-"], /pass the model name ft:…/],
    ["ProjectId", ProjectId, ["ft:", "ftjob-", "cp_", "sk-"], /pass the project's id, proj_…/],
    ["PermissionId", PermissionId, ["ft:", "proj_", "sk-"], /pass the permission's id, cp_…/]
  ]

  it.each(cases)("are refused as %s, by their kind, and never repeated", (_name, schema, foreign, todo) => {
    for (const [prefix, id] of Object.entries(ids)) {
      const [first, ...rest] = refusals(schema, id)
      assert.deepStrictEqual(rest, [])
      assert.strictEqual(first !== undefined, foreign.includes(prefix), id)
      if (first === undefined) continue
      assert.include(first, `(${prefix}…)`)
      assert.match(first, todo)
      assert.notInclude(first, id)
      const failure = Schema.decodeUnknownEither(schema)(id)
      assert.isTrue(Either.isLeft(failure) && !String(failure.left).includes(id))
    }
  })
})

const pieces = fc.constantFrom(
  ".",
  "..",
  "/",
  "%2e",
  "%",
  "ft:",
  "ftckpt_",
  "cp_a",
  "proj_a",
  " ",
  "\u00a0",
  "\u3000",
  "\ufeff",
  "\t",
  "\n",
  "\u0000",
  "\u001b[0m",
  "\u007f",
  "\u0080",
  "\u009f",
  "\u00a1",
  "\ud800",
  "\udc00",
  "\u{1f600}",
  "\u202e",
  "\u2028",
  "é"
)

const anyString = fc.oneof(
  { weight: 3, arbitrary: fc.array(pieces, { maxLength: 4 }).map((parts) => parts.join("")) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)) },
  { weight: 1, arbitrary: fc.integer({ min: 505, max: 520 }).map((length) => "a".repeat(length)) }
)

describe("any string", () => {
  it.prop(
    "is accepted exactly when the protocol accepts it",
    { id: anyString },
    ({ id }) => {
      for (const { is, refuse, schema } of identifiers) {
        const reason = refuse(id)
        assert.deepStrictEqual(refusals(schema, id), reason === undefined ? [] : [reason])
        assert.strictEqual(accepts(schema, id), reason === undefined)
        assert.strictEqual(is(id), reason === undefined)
      }
    },
    { fastCheck: { numRuns: 1000 } }
  )

  it.prop(
    "that is refused is refused in one short line",
    { id: anyString },
    ({ id }) => {
      for (const { schema } of identifiers) {
        const lines = refusals(schema, id)
        assert.isAtMost(lines.length, 1)
        for (const line of lines) {
          assert.isFalse(/[\p{Cc}\p{Cs}]/u.test(line))
          assert.isBelow(line.length, 200)
        }
      }
    },
    { fastCheck: { numRuns: 1000 } }
  )
})

describe("an identifier", () => {
  it.prop(
    "is a plain string, the same before and after",
    { checkpoint: CheckpointId, permission: PermissionId, project: ProjectId },
    ({ checkpoint, permission, project }) => {
      const encoded: ReadonlyArray<readonly [string, string]> = [
        [Schema.encodeSync(CheckpointId)(checkpoint), checkpoint],
        [Schema.encodeSync(PermissionId)(permission), permission],
        [Schema.encodeSync(ProjectId)(project), project]
      ]
      for (const [wire, id] of encoded) {
        assert.strictEqual(typeof wire, "string")
        assert.strictEqual(wire, id)
        assert.strictEqual(JSON.parse(JSON.stringify(id)), id)
      }
      assert.strictEqual(Schema.decodeSync(CheckpointId)(checkpoint), checkpoint)
      assert.strictEqual(Schema.decodeSync(PermissionId)(permission), permission)
      assert.strictEqual(Schema.decodeSync(ProjectId)(project), project)
    }
  )

  it("is made by `make`, which throws on what is refused", () => {
    assert.strictEqual(CheckpointId.make("ft:a"), "ft:a")
    assert.strictEqual(PermissionId.make("cp_a"), "cp_a")
    assert.strictEqual(ProjectId.make("proj_a"), "proj_a")
    assert.throws(() => CheckpointId.make("ftckpt_a"), /pass the model name/)
    assert.throws(() => PermissionId.make(".."), /another path/)
    assert.throws(() => ProjectId.make(""), /is empty/)
  })

  it("is generated in more than one shape", () => {
    const sample = fc.sample(Arbitrary.make(CheckpointId), { numRuns: 200, seed: 1 })
    assert.isTrue(sample.some((id) => /^[a-z]{2,5}[_:-]/.test(id)))
    assert.isTrue(sample.some((id) => /[^ -~]/.test(id)))
  })
})
