import { AccessPolicy } from "@checkpoint-permissions/access"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Schema } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { ids, text, unprintable } from "./support/hostile.ts"
import { policy as anyPolicy, spelt } from "./support/policies.ts"

const example = `version: 1
groups:
  research: [proj_a, proj_b]
checkpoints:
  "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd":
    owner: proj_own                   # always has access
    projects: ["@research", proj_c]
  "ft:gpt-4o-mini-2024-07-18:org:legal:C1":
    mode: at-least
    projects: [proj_legal]
  "ft:gpt-4o-mini-2024-07-18:org:old:D2":
    projects: []
`

const value: typeof AccessPolicy.AccessPolicy.Encoded = {
  version: 1,
  groups: { research: ["proj_a", "proj_b"] },
  checkpoints: {
    "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": { owner: "proj_own", projects: ["@research", "proj_c"] },
    "ft:gpt-4o-mini-2024-07-18:org:legal:C1": { mode: "at-least", projects: ["proj_legal"] },
    "ft:gpt-4o-mini-2024-07-18:org:old:D2": { projects: [] }
  }
}

/** A policy of one checkpoint, `ft:a`. */
const only = (checkpoint: (typeof AccessPolicy.AccessPolicy.Encoded)["checkpoints"][string], groups = {}) =>
  AccessPolicy.make({ version: 1, groups, checkpoints: { "ft:a": checkpoint } })

describe("parse", () => {
  it.effect("reads the format", () =>
    Effect.map(AccessPolicy.parse(example), (policy) => assert.deepEqual<unknown>(policy, value))
  )

  const same: ReadonlyArray<readonly [what: string, text: string]> = [
    ["JSON", JSON.stringify(value)],
    ["JSON indented by tabs", JSON.stringify(value, null, "\t")],
    ["a byte order mark", `\ufeff${example}`],
    ["lines that end as on Windows", example.replaceAll("\n", "\r\n")],
    ["a document's start and end", `%YAML 1.2\n---\n${example}...\n`],
    ["an anchor and its aliases", example.replace("[proj_legal]", "&a [proj_legal]").replace("legal:C1", "legal:C1")],
    [
      "tags that YAML has",
      example.replace("version: 1", "version: !!int 1").replace("[proj_legal]", "[!!str proj_legal]")
    ]
  ]
  it.effect.each(same)("takes %s", ([, text]) =>
    Effect.map(AccessPolicy.parse(text), (policy) => assert.deepEqual<unknown>(policy, value))
  )

  test("resolves an alias in values and keys", function* () {
    const policy = yield* AccessPolicy.parse(
      "version: 1\ngroups: {&a proj_a: [&b proj_b], g: [*a , *b ]}\ncheckpoints: {x: &x {projects: [*a ]}, y: *x}\n"
    )
    const x = { projects: ["proj_a"] }
    assert.deepEqual<unknown>(policy, {
      version: 1,
      groups: { proj_a: ["proj_b"], g: ["proj_a", "proj_b"] },
      checkpoints: { x, y: x }
    })
  })

  test("accepts a project in a group and a list, in two groups, and as the owner", function* () {
    const policy = yield* AccessPolicy.parse(
      'version: 1\ngroups: {g: [p, o], h: [p]}\ncheckpoints: {x: {owner: o, projects: [p, "@g", o, "@h"]}}\n'
    )
    assert.deepEqual<unknown>(yield* AccessPolicy.resolve(policy), [
      { checkpoint: "x", owner: "o", mode: "exact", projects: ["p", "o"] }
    ])
  })

  test("takes names of inherited properties as ids, without effects elsewhere", function* () {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"]
    const entries = <A>(value: A) => Object.fromEntries(names.map((name) => [name, value]))
    const source = {
      version: 1,
      groups: entries(["p"]),
      checkpoints: entries({ projects: names })
    }
    const policy = yield* AccessPolicy.parse(JSON.stringify(source))
    assert.deepStrictEqual(spelt(policy), spelt(source))
    assert.strictEqual(Object.getPrototypeOf(policy.checkpoints), Object.prototype)
    assert.isUndefined(Reflect.get({}, "projects"))
    assert.isUndefined(Reflect.get({}, "p"))
    const decoded = Schema.decodeUnknownSync(AccessPolicy.AccessPolicy)(JSON.parse(JSON.stringify(source)))
    assert.deepStrictEqual(spelt(decoded), spelt(source))
    assert.deepStrictEqual(spelt(Schema.encodeSync(AccessPolicy.AccessPolicy)(decoded)), spelt(source))
  })
})

describe("format", () => {
  const readsBack = (policy: AccessPolicy.AccessPolicy, format: "yaml" | "json") =>
    Effect.gen(function* () {
      const text = AccessPolicy.format(policy, { format, header: ["made by a test", "%YAML 9\n---\nversion: 2"] })
      assert.notMatch(text.replaceAll("\n", ""), unprintable)
      if (format === "json")
        assert.deepStrictEqual(spelt(JSON.parse(AccessPolicy.format(policy, { format }))), spelt(inFileOrder(policy)))
      const read = yield* AccessPolicy.parse(text)
      assert.deepStrictEqual(spelt(inFileOrder(read)), spelt(inFileOrder(atEntries(policy))))
      assert.strictEqual(AccessPolicy.format(policy, { format }), AccessPolicy.format(policy, { format }))
    })

  /** The settings of a file, at its entries. */
  const atEntries = ({ checkpoints, lastReview, reviewEvery, ...policy }: AccessPolicy.AccessPolicy) => ({
    ...policy,
    checkpoints: Object.fromEntries(
      Object.entries(checkpoints).map(([checkpoint, entry]) => [
        checkpoint,
        {
          ...(lastReview === undefined ? {} : { lastReview }),
          ...(reviewEvery === undefined ? {} : { reviewEvery }),
          ...entry
        }
      ])
    )
  })

  /** As `format` writes the keys: it is the entries, not the fields, that are in the order of the policy. */
  const inFileOrder = ({ version, reviewEvery, lastReview, groups, checkpoints }: AccessPolicy.AccessPolicy) => ({
    version,
    ...(reviewEvery === undefined ? {} : { reviewEvery }),
    ...(lastReview === undefined ? {} : { lastReview }),
    ...(groups === undefined ? {} : { groups }),
    checkpoints: Object.fromEntries(
      Object.entries(checkpoints).map(([checkpoint, { owner, lastReview, reviewEvery, mode, projects }]) => [
        checkpoint,
        {
          ...(owner === undefined ? {} : { owner }),
          ...(lastReview === undefined ? {} : { lastReview }),
          ...(reviewEvery === undefined ? {} : { reviewEvery }),
          ...(mode === undefined ? {} : { mode }),
          projects
        }
      ])
    )
  })

  it.effect.prop(
    "writes YAML and JSON that are parsed as the same policy, the JSON by any parser",
    { policy: anyPolicy, format: fc.constantFrom<"yaml" | "json">("yaml", "json") },
    ({ format, policy }) => readsBack(policy, format),
    { fastCheck: { numRuns: 40 } }
  )

  it.effect.prop(
    "writes any name as a comment behind each project, which changes no entry",
    { policy: anyPolicy, name: text },
    ({ name, policy }) =>
      Effect.gen(function* () {
        const entries = yield* AccessPolicy.resolve(policy)
        const projects = entries.flatMap(({ owner, projects }) => [
          ...(owner === undefined ? [] : [owner]),
          ...projects
        ])
        const comments = new Map(projects.map((project) => [String(project), name]))
        const written = AccessPolicy.format(policy, { comments })
        assert.notMatch(written.replaceAll("\n", ""), unprintable)
        assert.deepStrictEqual(
          spelt(inFileOrder(yield* AccessPolicy.parse(written))),
          spelt(inFileOrder(atEntries(policy)))
        )
        assert.strictEqual(written.split("\n").length, AccessPolicy.format(policy).split("\n").length)
      }),
    { fastCheck: { numRuns: 60 } }
  )

  test("writes a comment behind projects of lists and groups, owners and projects with an end", function* () {
    const policy = yield* only(
      {
        owner: "proj_own",
        projects: ["@some", "proj b", { project: "proj_c", until: "2027-01-31", reason: "proj_a" }]
      },
      { some: ["proj_a"] }
    )
    const comments = new Map(
      ["a", "b", "c", "own"].map((end) => [end === "b" ? "proj b" : `proj_${end}`, `N # ${end}\n`])
    )
    const behind = [...AccessPolicy.format(policy, { comments }).matchAll(/^.*(?=: |- )..(\S.*) # N # (.*)$/gm)]
    assert.deepStrictEqual(
      behind.map(([, entry, name]) => `${entry} ${name}`),
      ["proj_a a", "proj_own own", "proj b b", "proj_c c"]
    )
  })
})

describe("make", () => {
  test("refuses invalid values, with their path", function* () {
    const error = yield* Effect.flip(
      AccessPolicy.make({
        version: 1,
        groups: { g: ["proj_a", "proj_a"] },
        checkpoints: { "ft:a": { projects: ["@f", " "] } }
      })
    )
    assert.deepStrictEqual(error.report.split("\n"), [
      'checkpoints["ft:a"].projects[1]: the project id begins or ends with white space: trim it',
      'groups.g[1]: "proj_a" is repeated in this list: remove one',
      'checkpoints["ft:a"].projects[0]: there is no group "f": did you mean "@g"?'
    ])
    assert.deepStrictEqual(
      error.diagnostics.map(({ file, line, column }) => [file, line, column]),
      error.diagnostics.map(() => [undefined, 0, 0])
    )
  })
})

describe("fromState", () => {
  const state = (projects: ReadonlyArray<string>) => ({
    checkpoint: CheckpointId.make("ft:a"),
    owner: ProjectId.make("proj_own"),
    projects: projects.map((id) => ProjectId.make(id))
  })

  test("lists each project with access once", function* () {
    const policy = yield* AccessPolicy.fromState([
      state(["proj_b", "proj_a", "proj_b"]),
      { checkpoint: CheckpointId.make("ft:b"), projects: new Set<ProjectId>() }
    ])
    assert.deepEqual<unknown>(policy, {
      version: 1,
      checkpoints: { "ft:a": { owner: "proj_own", projects: ["proj_b", "proj_a"] }, "ft:b": { projects: [] } }
    })
  })
  it.effect("keeps every id that the server issues, or fails", () =>
    Effect.forEach(
      ids,
      (id) =>
        Effect.gen(function* () {
          const result = yield* Effect.either(
            AccessPolicy.fromState([{ ...state([id]), checkpoint: CheckpointId.make(id) }])
          )
          assert.strictEqual(Either.isLeft(result), id.startsWith("@"), id)
          if (Either.isLeft(result)) return assert.match(result.left.message, /begins with @, the prefix of a group/)
          const back = yield* AccessPolicy.parse(AccessPolicy.format(result.right))
          assert.deepEqual<unknown>(yield* AccessPolicy.resolve(back), [
            { checkpoint: id, owner: "proj_own", mode: "exact", projects: [id] }
          ])
        }),
      { discard: true }
    )
  )

  test("refuses a checkpoint twice", function* () {
    const error = yield* Effect.flip(AccessPolicy.fromState([state([]), state(["proj_a"])]))
    assert.strictEqual(error.message, 'checkpoints["ft:a"]: this checkpoint is repeated: pass it once')
  })
})

describe("resolve", () => {
  it("fails for an undefined group and an invalid id", () => {
    const of = (checkpoints: AccessPolicy.AccessPolicy["checkpoints"]) =>
      Either.match(AccessPolicy.resolve({ version: 1, checkpoints }), {
        onLeft: ({ message }) => message,
        onRight: () => "resolved"
      })
    assert.match(of({ "ft:a": { projects: ["@nobody"] } }), /there is no group "nobody"/)
    assert.match(of({ "ft:a": { projects: ["@constructor"] } }), /there is no group/)
    assert.match(of({ "ft:a": { projects: [""] } }), /the project id is empty/)
    assert.match(of({ ftckpt_a: { projects: [] } }), /ftckpt_/)
  })
})

describe("digest", () => {
  const digestOf = (text: string) => Effect.flatMap(AccessPolicy.parse(text), AccessPolicy.digest)

  test("is the documented one", function* () {
    const policy = yield* only({ owner: "proj_o", projects: ["proj_b", "@g"] }, { g: ["proj_a", "proj_b"] })
    const text = '["checkpoint-permissions/policy",1,[["ft:a","proj_o","exact",["proj_a","proj_b"]]]]'
    const hash = yield* Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))
    assert.strictEqual(yield* AccessPolicy.digest(policy), `sha256:${Buffer.from(hash).toString("hex")}`)
  })

  test("is the same for policies with the same meaning", function* () {
    const digest = yield* digestOf(example)
    assert.match(digest, /^sha256:[0-9a-f]{64}$/)
    const { checkpoints, groups } = value
    const same: ReadonlyArray<string> = [
      JSON.stringify(value),
      example.replace(/#.*$/gm, "").replace("Search quality", "Another name"),
      JSON.stringify({ checkpoints: Object.fromEntries(Object.entries(checkpoints).reverse()), groups, version: 1 }),
      example.replace('["@research", proj_c]', "[proj_c, proj_b, proj_a]"),
      example.replace('["@research", proj_c]', '[proj_c, "@research", proj_a]'),
      example.replace("research: [proj_a, proj_b]", "research: [proj_b, proj_a]\n  unused: [proj_x]"),
      example.replace("    projects: []", "    mode: exact\n    projects: []")
    ]
    for (const text of same) assert.strictEqual(yield* digestOf(text), digest, text)
  })

  test("returns errors that can be encoded and decoded", function* () {
    const error = yield* Effect.flip(AccessPolicy.parse("version: 2"))
    const encoded = JSON.parse(JSON.stringify(Schema.encodeSync(AccessPolicy.InvalidPolicy)(error)))
    const decoded = Schema.decodeUnknownSync(AccessPolicy.InvalidPolicy)(encoded)
    assert.strictEqual(decoded.report, error.report)
  })
  test("differs for policies with another meaning", function* () {
    const digests = new Set<string>()
    const different: ReadonlyArray<string> = [
      example,
      example.replace("proj_own", "proj_other"),
      example.replace(/ {4}owner:.*\n/, ""),
      example.replace("    mode: at-least\n", ""),
      example.replace("    projects: []", "    mode: at-least\n    projects: []"),
      example.replace("projects: []", "projects: [proj_a]"),
      example.replace("research: [proj_a, proj_b]", "research: [proj_a]"),
      example.replace("research: [proj_a, proj_b]", "research: [proj_a, proj_b, proj_d]"),
      example.replace("proj_c]", "proj_c, proj_own]"),
      example.replace("D2", "D3"),
      example.replace(/ {2}"ft:[^"]*D2":\n.*\n/, ""),
      example.replace("[proj_legal]", '["proj_legal,proj_x"]'),
      example.replace("[proj_legal]", "[proj_legal, proj_x]")
    ]
    for (const text of different) digests.add(yield* digestOf(text))
    assert.strictEqual(digests.size, different.length)
  })
})
