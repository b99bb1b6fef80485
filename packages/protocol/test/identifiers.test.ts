import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { maxLength, refuseCheckpoint, refuseJob, refusePermission, refuseProject } from "../src/identifiers.ts"

const types = [
  {
    type: "checkpoint",
    refuse: refuseCheckpoint,
    example: "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd",
    foreign: ["ftckpt_", "ftjob-", "proj_", "cp_", "sk-"],
    instead: "pass the model name ft:… "
  },
  {
    type: "project",
    refuse: refuseProject,
    example: "proj_iqGMw1llN8IrBb6SvvY5A1oF",
    foreign: ["ft:", "ftjob-", "cp_", "sk-"],
    instead: "pass the project's id, proj_…"
  },
  {
    type: "permission",
    refuse: refusePermission,
    example: "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
    foreign: ["ft:", "proj_", "sk-"],
    instead: "pass the permission's id, cp_…"
  },
  {
    type: "job",
    refuse: refuseJob,
    example: "ftjob-abc123",
    foreign: ["ft:", "ftckpt_", "proj_", "cp_", "sk-"],
    instead: "pass the fine-tuning job's id, ftjob-…"
  }
]
const prefixes = ["ft:", "ftckpt_", "ftjob-", "proj_", "cp_", "sk-"]

describe.each(types)("the id of a $type", ({ example, foreign, instead, refuse, type }) => {
  const noun = `the ${type} id`
  const alone = `pass the id alone, such as ${example}`
  const all = (what: string, ids: ReadonlyArray<string>, reason: string) =>
    ids.map((id) => [`${what}, ${JSON.stringify(id)}`, id, reason] as const)
  const refused: ReadonlyArray<readonly [what: string, id: string, reason: string]> = [
    ["empty", "", `${noun} is empty: pass an id such as ${example}`],
    ["too long", "a".repeat(513), `${noun} has 513 characters, more than 512: ${alone}`],
    ["much too long", "é".repeat(100_000), `${noun} has 100000 characters, more than 512: ${alone}`],
    [".", ".", `${noun} "." would address another path: pass an id such as ${example}`],
    ...["undefined", "null", "NaN", "[object Object]"].map(
      (id) => [id, id, `${noun} "${id}" is not an id: pass an id such as ${example}`] as const
    ),
    ["..", "..", `${noun} ".." would address another path: pass an id such as ${example}`],
    ...all(
      "a control character",
      ["a\nb", "a\n", "a\rb", "\ta", "a\u0000b", "\u001b[31ma", "a\u007fb", "a\u009bb", "a\u0085"],
      `${noun} contains a control character: remove line breaks, tabs and escape sequences`
    ),
    ...all(
      "half a pair",
      ["a\ud800", "\udfffa", "\udc00\ud800"],
      `${noun} contains an unpaired surrogate: pass the id as well-formed Unicode`
    ),
    ...all(
      "white space",
      [" a", "a ", " ", "\u00a0a", "a\u3000", "\ufeffa", "a\u2028"],
      `${noun} begins or ends with white space: trim it`
    )
  ]

  it.each(refused)("is not %s", (_what, id, reason) => {
    assert.strictEqual(refuse(id), reason)
  })

  it.each([
    ...[example, "ft-AF1WoRqd3aJAHsqc9NY7iL8F", "a", "...", ". .", ".a", "a.", "..a", "%2e%2e", "../../models"],
    ...["a/b?c#d%e&f=g", "a b", "é中文\u{1f600}", "a".repeat(512), "\u{1f600}".repeat(256), "FTCKPT_a", "SK-a"],
    ...[
      "null-tests",
      "undefined1",
      "Null",
      "a_ftckpt_b",
      "xsk-b",
      "sk_b",
      "proj-b",
      "__proto__",
      "'\"\\`$(x)",
      "!",
      "~"
    ]
  ])("may be %j", (id) => {
    assert.isUndefined(refuse(id))
  })

  it("is not the prefix of a model alone", () => {
    assert.isString(refuse("ft:"))
  })

  it("has at most 512 UTF-16 code units", () => {
    assert.strictEqual(maxLength, 512)
    assert.match(refuse(`${"\u{1f600}".repeat(256)}a`) ?? "", /513 characters/)
  })

  it.each(prefixes)("is distinguished from one that begins with %s", (prefix) => {
    for (const id of [...(prefix === "ft:" ? [] : [prefix]), `${prefix}zc4Q7MP6XxulcVzj4MZdwsAB`, `${prefix}é`]) {
      const reason = refuse(id)
      assert.strictEqual(reason !== undefined, foreign.includes(prefix), id)
      if (reason === undefined) continue
      assert.include(reason, `(${prefix}…) `)
      assert.include(reason, instead)
      if (id !== prefix) assert.notInclude(reason, id)
    }
  })

  it.each<readonly [unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    [5, "5"],
    [1n, "1"],
    [true, "true"],
    [Symbol.iterator, "Symbol(Symbol.iterator)"],
    [["ft:a"], "an array"],
    [{ toString: () => "ft:a" }, "an object"],
    [() => "ft:a", "a function"],
    [new String("ft:a"), "an object"]
  ])("is a string, not %s", (id, shown) => {
    assert.strictEqual(refuse(id), `Expected string, actual ${shown}: pass an id such as ${example}`)
  })
})

describe("any string", () => {
  it("that is an API key is in no reason", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^ ?sk-[A-Za-z0-9_-]{8,40}[ \n]?$/), (key) => {
        for (const { refuse } of types) {
          for (const value of [key, [key], { key }, Symbol(key), () => key]) {
            const reason = refuse(value)
            assert.isDefined(reason)
            assert.notInclude(reason, key.trim().slice(3))
          }
        }
      })
    )
  })
})
