import { AccessPolicy } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { text as anyText, hostile, unprintable } from "./support/hostile.ts"

/** The mistakes of a text, as the lines of its report. */
const report = (text: string): Effect.Effect<ReadonlyArray<string>> =>
  AccessPolicy.parse(text, { file: "p.yaml" }).pipe(
    Effect.as([]),
    Effect.catchTag("InvalidPolicy", (error) => Effect.succeed(error.report.split("\n")))
  )

const checkpoint = (projects: string): string => `version: 1\ncheckpoints:\n  "ft:a":\n    projects: ${projects}\n`

/** A row of mistakes in the projects of the only checkpoint: each line begins with its place, and which of the list. */
const ofList = (what: string, list: string, ...said: ReadonlyArray<string>) =>
  [what, checkpoint(list), ...said.map((line) => line.replace(" ", ': checkpoints["ft:a"].projects'))] as const

const mistakes: ReadonlyArray<readonly [what: string, text: string, ...report: ReadonlyArray<string>]> = [
  ["an empty file", "", "1:1: the file is empty: begin it with version: 1"],
  [
    "a list at the top",
    "# a comment\n- version: 1\n",
    "2:1: the policy is a list: write a mapping that begins with version: 1"
  ],
  [
    "a version in quotes",
    'version: "1"\ncheckpoints: {}\n',
    '1:10: version: version is the text "1": write version: 1, the only version'
  ],
  [
    "checkpoints without a value",
    "version: 1\ncheckpoints:\n",
    "2:1: checkpoints: checkpoints is empty: write a mapping from checkpoints to their projects, or checkpoints: {}"
  ],
  ofList(
    "one project where a list is expected",
    "proj_a",
    '4:15 : projects is the text "proj_a": write a list, such as projects: [proj_a]'
  ),
  [
    "an unknown key",
    "version: 1\ndescription: ours\ncheckpoints: {}\n",
    '2:1: description: unknown key "description": remove it, the keys here are version, reviewEvery, lastReview, groups, checkpoints'
  ],
  ofList(
    "an end that YAML reads as a number",
    "[{project: proj_a, until: 20270131}]",
    '4:41 [0].until: until is the number 20270131: write "2027-01-31"'
  ),
  [
    "a time between reviews that is not a number of days, and reviews on no day",
    'version: 1\nreviewEvery: 90\ncheckpoints:\n  "ft:a": {lastReview: 2026-11-31, projects: []}\n  "ft:b": {lastReview: 20261130, projects: []}\n  "ft:c": {lastReviewed: 2026-11-30, projects: []}\n',
    '2:14: reviewEvery: reviewEvery is the number 90: write a number of days, such as "90d"',
    '4:24: checkpoints["ft:a"].lastReview: lastReview is the text "2026-11-31": write a day of the calendar, such as "2026-11-30"',
    '5:24: checkpoints["ft:b"].lastReview: lastReview is the number 20261130: write "2026-11-30"',
    '6:12: checkpoints["ft:c"].lastReviewed: unknown key "lastReviewed": did you mean lastReview?'
  ],
  ofList(
    "an end on no day of the calendar",
    "[proj_b, {project: proj_a, until: 2027-02-30}]",
    '4:49 [1].until: until is the text "2027-02-30": write a day of the calendar, such as "2027-01-31"'
  ),
  ofList(
    "an end that is left out",
    "[{project: proj_a}]",
    '4:16 [0].until: until is missing: write the last day, such as "2027-01-31", or the project alone'
  ),
  ofList(
    "an end without a project",
    '[{until: "2027-01-31"}]',
    "4:16 [0].project: project is missing: write the project whose access ends"
  ),
  ofList(
    "an end of a group",
    '[{project: "@g", until: "2027-01-31"}]',
    '4:26 [0].project: "@g" is read as a group since it begins with @: write a project id'
  ),
  [
    "an end where nothing is revoked",
    'version: 1\ncheckpoints:\n  "ft:a":\n    mode: at-least\n    projects:\n      - project: proj_a\n        until: 2027-01-31\n',
    '7:16: checkpoints["ft:a"].projects[0].until: the mode at-least revokes nothing, so no access ends: remove until, or set mode to exact'
  ],
  [
    "inherited properties of objects do not replace absent keys",
    "__proto__: {version: 1, checkpoints: {}}\n",
    '1:1: __proto__: unknown key "__proto__": remove it, the keys here are version, reviewEvery, lastReview, groups, checkpoints',
    "1:1: version: version is missing: write version: 1",
    "1:1: checkpoints: checkpoints is missing: write checkpoints: {} in a file that has none"
  ],
  [
    "another key twice",
    "version: 1\nversion: 1\ncheckpoints: {}\n",
    '2:1: version: the key "version" is repeated, first on line 1: merge the two'
  ],
  ofList(
    "a group named as what every object has",
    '["@constructor", "@__proto__"]',
    '4:16 [0]: there is no group "constructor": define it under groups, or list its projects',
    '4:32 [1]: there is no group "__proto__": define it under groups, or list its projects'
  ),
  ofList("@ alone", '["@"]', "4:16 [0]: @ alone is not a group: write @ and its name"),
  [
    "a group without quotes",
    'version: 1\ngroups: {research: []}\ncheckpoints:\n  "ft:a": {projects: [@research, proj_c]}\n',
    '4:23: text that begins with @ has to be quoted: write "@research"'
  ],
  [
    "a group within a group",
    'version: 1\ngroups: {a: [proj_a], b: ["@a"]}\ncheckpoints: {}\n',
    '2:27: groups.b[0]: "@a" is a group, and groups contain no groups: list its projects'
  ],
  [
    "a name of a group that begins with @",
    'version: 1\ngroups: {"@a: pass b": []}\ncheckpoints: {}\n',
    '2:10: groups["@a: pass b"]: the name "@a: pass b" begins with @: write it without @'
  ],
  ofList(
    "numbers, truth values and nothing instead of ids",
    "[0123, 1e3, true, ~, [], .inf]",
    '4:16 [0]: 0123 is not text in YAML: write "0123"',
    '4:22 [1]: 1e3 is not text in YAML: write "1e3"',
    '4:27 [2]: true is not text in YAML: write "true"',
    '4:33 [3]: ~ is not text in YAML: write "~"',
    "4:36 [4]: this is a list: write text",
    '4:40 [5]: .inf is not text in YAML: write ".inf"'
  ),
  [
    "keys that are not text",
    "version: 1\ngroups: {12: [p], true: [p], null: [p], [a]: [p], ? {b: c} : [p], : [p]}\ncheckpoints: {}\n",
    '2:10: groups: the key 12 is not text in YAML: write "12"',
    '2:19: groups: the key true is not text in YAML: write "true"',
    '2:30: groups: the key null is not text in YAML: write "null"',
    "2:41: groups: a key has to be text: write it as one",
    "2:53: groups: a key has to be text: write it as one",
    "2:67: groups: a key is missing before the colon: write it"
  ],
  [
    "two documents",
    "version: 1\ncheckpoints: {}\n---\nversion: 1\n",
    "3:1: a second document begins here: put it into a file of its own"
  ],
  [
    "a colon in plain text",
    "version: 1: 2\ncheckpoints: {}\n",
    "1:10: this cannot be read as a key and its value: put text with a colon in quotes, and each key on a line of its own"
  ],
  ["a quote that is not closed", "version: 1\ncheckpoints: {'ft:a: {}}\n", "3:1: a quote is not closed: close it"],
  ["a tag", "version: 1\ncheckpoints: !ours {}\n", "2:14: the tag !ours is not supported: remove it"],
  [
    "an alias of nothing",
    "version: 1\ncheckpoints: *all\n",
    "2:14: checkpoints: *all is an alias without an anchor: there is no &all before it"
  ],
  [
    "an alias within itself",
    'version: 1\ncheckpoints: &all {"ft:a": *all}\n',
    '2:28: checkpoints["ft:a"]: *all is inside the node that it refers to: remove it'
  ],
  [
    "one error that aliases repeat",
    'version: 1\ncheckpoints:\n  "ft:a": {projects: &list [proj_a, 12]}\n  "ft:b": {projects: *list}\n',
    '3:37: checkpoints["ft:a"].projects[1]: 12 is not text in YAML: write "12"'
  ],
  [
    "many errors together",
    `version: 2
notes:
  proj_a: 7
groups:
  research: [proj_a, proj_a]
checkpoints:
  ftckpt_a:
    owner: "@research"
    projcts: []
  "ft:b":
    mode: some
    projects: ["@reserch"]
  "ft:b":
    projects: []
`,
    "1:10: version: version is the number 2: write version: 1, the only version",
    '2:1: notes: unknown key "notes": remove it, the keys here are version, reviewEvery, lastReview, groups, checkpoints',
    '5:22: groups.research[1]: "proj_a" is repeated in this list: remove one',
    "7:3: checkpoints.ftckpt_a: a job checkpoint's own id (ftckpt_…) has no permissions: pass the model name ft:… (fine_tuned_model_checkpoint)",
    '8:12: checkpoints.ftckpt_a.owner: "@research" is read as a group since it begins with @: write a project id',
    '9:5: checkpoints.ftckpt_a.projcts: unknown key "projcts": did you mean projects?',
    '11:11: checkpoints["ft:b"].mode: mode is the text "some": write exact (others are revoked) or at-least (nothing is revoked)',
    '12:16: checkpoints["ft:b"].projects[0]: there is no group "reserch": did you mean "@research"?',
    '13:3: checkpoints["ft:b"]: the checkpoint "ft:b" is repeated, first on line 10: merge the two'
  ]
]

describe("a policy is refused with the place of each error and its correction", () => {
  it.effect.each(mistakes.map(([what, ...rest]) => ({ what, rest })))("$what", ({ rest: [text = "", ...lines] }) =>
    Effect.map(report(text), (told) =>
      assert.deepStrictEqual(
        told,
        lines.map((line) => `p.yaml:${line}`)
      )
    )
  )
})

describe("a malicious file", () => {
  it.effect.each(["[", "{a: ", "- ", "? "].map((part) => ({ part })))(
    "is refused if it nests $part too deeply",
    ({ part }) =>
      Effect.gen(function* () {
        const told = yield* report(part.repeat(50_000))
        assert.lengthOf(told, 1)
        assert.match(told[0] ?? "", /^p\.yaml:1:\d+: the file is nested too deeply: a policy has five levels$/)
      })
  )

  test("is refused if its aliases multiply", function* () {
    const bombs = Array.from({ length: 40 }, (_, at) => `  g${at + 1}: &g${at + 1} [*g${at}, *g${at}, *g${at}]`)
    const told = yield* report(`version: 1\ngroups:\n  g0: &g0 [proj_a]\n${bombs.join("\n")}\ncheckpoints: {}\n`)
    const refused = ["p.yaml:1:1: its aliases repeat too much text: use groups instead"]
    assert.deepStrictEqual(told, refused)
    const list = `[${Array.from({ length: 2000 }, (_, at) => `proj_${at}`).join(", ")}]`
    const many = Array.from({ length: 1000 }, (_, at) => `  "ft:${at}": { projects: *all }`).join("\n")
    const long = yield* report(`version: 1\ngroups: { all: &all ${list} }\ncheckpoints:\n${many}\n`)
    assert.deepStrictEqual(long, refused)
  })

  test("is parsed if it has one list under many aliases", function* () {
    const projects = Array.from({ length: 200 }, (_, at) => `proj_${at}`)
    const others = Array.from({ length: 300 }, (_, at) => `  "ft:${at}": {projects: *all}`)
    const policy = yield* AccessPolicy.parse(
      `version: 1\ncheckpoints:\n  "ft:all": {projects: &all [${projects.join(", ")}]}\n${others.join("\n")}\n`
    )
    const resolved = yield* AccessPolicy.resolve(policy)
    assert.lengthOf(resolved, 301)
    assert.isTrue(resolved.every((one) => one.projects.length === 200))
  })
})

describe("an error is printable text on one line", () => {
  const anywhere = (text: string): ReadonlyArray<string> => {
    const quoted = JSON.stringify(text)
    return [
      text,
      `version: ${quoted}`,
      `${quoted}: 1`,
      `version: 1\ncheckpoints: {${quoted}: ${quoted}, x: {${quoted}: 1, owner: [${quoted}], projects: [${quoted}, ${quoted}]}}`,
      `version: 1\ngroups: {${quoted}: [${quoted}, ${quoted}, 1], ${quoted}: 1}\ncheckpoints: {x: {projects: [${JSON.stringify(`@${text}`)}]}}`,
      `version: 1\nnames: {${quoted}: 1}\ncheckpoints: !${text} {}`,
      `version: 1\ncheckpoints: *${text}`,
      `version: 1\ncheckpoints: @${text}`,
      `version: 1\n${text}: {}`
    ]
  }
  const check = (text: string) =>
    Effect.forEach(
      anywhere(text),
      (source) =>
        Effect.gen(function* () {
          const result = yield* Effect.either(AccessPolicy.parse(source, { file: `${text}.yaml` }))
          if (result._tag === "Right") return
          const { message, report, diagnostics } = result.left
          assert.isFalse(unprintable.test(message), message)
          assert.isBelow(message.length, 3_000)
          assert.lengthOf(report.split("\n"), diagnostics.length)
          assert.isFalse(unprintable.test(report.replaceAll("\n", "")), report)
          for (const mistake of diagnostics) {
            assert.strictEqual(mistake.file, `${text}.yaml`)
            assert.isFalse(unprintable.test(mistake.message + mistake.path))
            assert.isNotEmpty(mistake.message)
          }
        }),
      { discard: true }
    )

  it.effect("for every hostile string", () => Effect.forEach(hostile, check, { discard: true }))

  it.effect.prop("for any text", { text: anyText }, ({ text }) => check(text), {
    fastCheck: { numRuns: 20 }
  })

  test("the message contains the first error and the number of others", function* () {
    const one = yield* Effect.flip(AccessPolicy.parse("version: 1", { file: "p.yaml" }))
    assert.strictEqual(
      one.message,
      "p.yaml:1:1: checkpoints: checkpoints is missing: write checkpoints: {} in a file that has none"
    )
    const two = yield* Effect.flip(AccessPolicy.parse("version: 2"))
    assert.strictEqual(
      two.message,
      "1:1: checkpoints: checkpoints is missing: write checkpoints: {} in a file that has none (and 1 more)"
    )
    assert.lengthOf(two.diagnostics, 2)
    assert.strictEqual(two.diagnostics[1]?.file, undefined)
  })
})
