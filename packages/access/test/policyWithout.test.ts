import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc } from "effect"
import { AccessPolicy } from "../src/index.ts"

const x = "proj_x"
const policyOf = (groups: string, ...lists: ReadonlyArray<string>): string =>
  `version: 1\n${groups}checkpoints:\n${lists.map((list, i) => `  "ft:${i}":\n${list}`).join("")}`

/** Applies changes from the last to the first. */
const applied = (text: string, changes: Either.Either.Right<ReturnType<typeof AccessPolicy.withoutProject>>) =>
  changes
    .reduceRight<ReadonlyArray<string>>(
      (lines, { added, line, removed }) => lines.toSpliced(line - 1, removed.length, ...added),
      text.match(/[^\n]*\n|[^\n]+$/g) ?? []
    )
    .join("")

const after = (text: string) =>
  Either.mapBoth(AccessPolicy.withoutProject({ text }, x), {
    onLeft: (obstacles) => obstacles.map(({ line, reason }) => `${line}: ${reason}`),
    onRight: (changes) => applied(text, changes)
  })

describe("a policy without a project", () => {
  it.each([
    [
      "a line of a list",
      "    projects:\n      - proj_a\n      - proj_x # gone\n      - proj_b\n",
      "    projects:\n      - proj_a\n      - proj_b\n"
    ],
    [
      "the last line of a list",
      "    projects: # who\n      # all\n      - proj_x\n",
      "    projects: [] # who\n      # all\n"
    ],
    [
      "an end in several lines",
      "    projects:\n      - project: proj_x\n        until: 2027-01-31\n      - proj_a\n",
      "    projects:\n      - proj_a\n"
    ],
    [
      "an end that is over",
      "    projects: [{project: proj_x, until: 2020-01-31}, proj_a]\n",
      "    projects: [proj_a]\n"
    ],
    ["the first in brackets", "    projects: [proj_x, proj_a] # two\n", "    projects: [proj_a] # two\n"],
    ["the last in brackets", "    projects: [proj_a, proj_x]\n", "    projects: [proj_a]\n"],
    ["all in brackets", "    projects: [proj_x]\n", "    projects: []\n"],
    [
      "brackets in several lines",
      "    projects: [\n      proj_a,\n      proj_x,\n      proj_b\n    ]\n",
      "    projects: [\n      proj_a,\n      proj_b\n    ]\n"
    ],
    ["nothing", "    projects: [proj_a]\n", "    projects: [proj_a]\n"]
  ])("removes %s, and leaves the rest", (_, before, expected) => {
    for (const mark of ["", "\ufeff"]) {
      assert.deepStrictEqual(after(mark + policyOf("", before)), Either.right(mark + policyOf("", expected)))
    }
  })

  it("changes neighboring lines together", () => {
    const ended = "      - project: proj_x\n        until: 2030-01-31\n"
    const text = policyOf("", `    projects:\n      - proj_x\n${ended}      - proj_a\n      - proj_b\n`)
    const changes = Either.getOrThrow(AccessPolicy.withoutProject({ text }, x))
    assert.deepStrictEqual(changes, [
      { line: 5, removed: ["      - proj_x\n", ...(ended.match(/.*\n/g) ?? [])], added: [] }
    ])
  })

  it.each([
    ["an owner", policyOf("", "    owner: proj_x\n    projects: []\n"), ["4: it is the owner"]],
    [
      "an alias of a list",
      policyOf("", "    projects: &all [proj_x]\n", "    projects: *all\n"),
      ["6: *all is an alias of entries with the project"]
    ],
    [
      "an alias of the project",
      policyOf("", "    projects: [&x proj_x]\n", "    projects:\n      - *x\n"),
      ["7: *x is an alias of entries with the project"]
    ],
    [
      "a list that is defined twice",
      policyOf("groups:\n  g: []\n  g: [proj_x]\n", "    projects: []\n"),
      ["1: the project cannot be removed alone"]
    ]
  ])("leaves %s to a person, with its line", (_, text, expected) => {
    assert.deepStrictEqual(after(text), Either.left(expected))
  })

  const member = fc.constantFrom(x, x, "proj_a", "proj_b", `{project: ${x}, until: 2030-01-31}`)
  const list = fc.record({
    members: fc.uniqueArray(member, { maxLength: 4 }),
    style: fc.constantFrom("lines", "brackets", "wrapped"),
    comment: fc.boolean()
  })
  const written = (
    indent: string,
    { comment, members, style }: typeof list extends fc.Arbitrary<infer A> ? A : never
  ) => {
    const note = comment ? " # note" : ""
    if (style === "lines" && members.length > 0) {
      return `${note}\n${members.map((one) => `${indent}- ${one}${note}\n`).join("")}`
    }
    return style === "wrapped" && members.length > 0
      ? ` [\n${indent}${members.join(`,\n${indent}`)}\n${indent}]${note}\n`
      : ` [${members.join(", ")}]${note}\n`
  }
  it.effect.prop(
    "is otherwise the same policy, however its lists are written",
    { groups: fc.array(list, { maxLength: 2 }), lists: fc.array(list, { minLength: 1, maxLength: 4 }) },
    ({ groups, lists }) =>
      Effect.gen(function* () {
        const plain = groups.map((one) => ({ ...one, members: one.members.filter((text) => !text.startsWith("{")) }))
        const part = plain.map((one, i) => `  g${i}:${written("    ", one)}`).join("")
        const text = policyOf(
          part === "" ? "" : `groups:\n${part}`,
          ...lists.map((one) => `    projects:${written("      ", one)}`)
        )
        const before = yield* AccessPolicy.parse(text)
        const result = yield* AccessPolicy.parse(Either.getOrThrow(after(text)))
        const without = <A>(value: A): A =>
          JSON.parse(
            JSON.stringify(value, (_, part: unknown) =>
              Array.isArray(part) ? part.filter((one: unknown) => !JSON.stringify(one).includes(`"${x}"`)) : part
            )
          )
        assert.deepStrictEqual(JSON.parse(JSON.stringify(result)), without(before))
      })
  )
})
