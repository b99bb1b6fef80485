import { assert, describe, it } from "@effect/vitest"
import { AccessPolicy } from "../src/index.ts"

const day = "2026-12-01"

/** Returns the changed lines, marked as in a patch, and the entries that a user has to change. */
const changesOf = (text: string, ...checkpoints: ReadonlyArray<string>) => {
  const { changes, unchanged } = AccessPolicy.withLastReview({ text }, checkpoints, day)
  return [
    ...changes.flatMap(({ added, line, removed }) => [
      `@${line}`,
      ...removed.map((one) => `-${one}`),
      ...added.map((one) => `+${one}`)
    ]),
    ...unchanged.map(({ checkpoint, line, reason }) => `${checkpoint}, line ${line}: ${reason}`)
  ]
}

const head = "version: 1\ncheckpoints:\n"

describe("a policy with a day of review", () => {
  it.each([
    ["a new line", `${head}  "ft:a": # one\n    projects: []\n`, ["@4", "+    lastReview: 2026-12-01\n"]],
    [
      "a new line above the comment of the first key",
      `${head}  ft:a:\n    # the owner\n\n    owner: proj_a\n    projects: []\n`,
      ["@4", "+    lastReview: 2026-12-01\n"]
    ],
    [
      "a new line of CRLF, after a byte order mark",
      `\ufeff${head}  "ft:a":\n    projects: []\n`.replaceAll("\n", "\r\n"),
      ["@4", "+    lastReview: 2026-12-01\r\n"]
    ],
    [
      "another day, with its quotes and its comment",
      `${head}  "ft:a":\n    lastReview: '2026-01-31' # ana\n    projects: []\n`,
      ["@4", "-    lastReview: '2026-01-31' # ana\n", "+    lastReview: '2026-12-01' # ana\n"]
    ],
    [
      "another day that is an alias",
      `${head}  "ft:b": { lastReview: &day 2026-01-31, projects: [] }\n  "ft:a": { lastReview: *day, projects: [] }\n`,
      ["@4", '-  "ft:a": { lastReview: *day, projects: [] }\n', '+  "ft:a": { lastReview: 2026-12-01, projects: [] }\n']
    ],
    ["the same day", `${head}  "ft:a":\n    lastReview: ${day}\n    projects: []\n`, []],
    [
      "its own line of a flow mapping",
      `${head}  "ft:a": {projects: []}`,
      ["@3", '-  "ft:a": {projects: []}', '+  "ft:a": {lastReview: 2026-12-01, projects: []}']
    ],
    [
      "a new line of a flow mapping in several lines",
      `${head}  "ft:a": { # one\n    projects: [],\n  }\n`,
      ["@4", "+    lastReview: 2026-12-01,\n"]
    ],
    [
      "a new line of JSON",
      `{\n  "version": 1,\n  "checkpoints": {\n    "ft:a": {\n      "projects": []\n    }\n  }\n}`,
      ["@5", '+      "lastReview": "2026-12-01",\n']
    ],
    [
      "the only line of JSON",
      `{"version":1,"checkpoints":{"ft:a":{"projects":[]}}}`,
      [
        `-{"version":1,"checkpoints":{"ft:a":{"projects":[]}}}`,
        `+{"version":1,"checkpoints":{"ft:a":{"lastReview": "2026-12-01", "projects":[]}}}`
      ]
    ]
  ])("sets %s", (_, text, expected) => {
    assert.deepStrictEqual(
      changesOf(text, "ft:a", "ft:elsewhere").filter((line) => line !== "@1"),
      expected
    )
  })

  it.each([
    [
      "an alias, and its target",
      `${head}  "ft:a": &all\n    projects: []\n  "ft:b": *all\n`,
      ["ft:a, line 3: the alias *all refers to it", "ft:b, line 5: it is written as the alias *all"]
    ],
    [
      "a day with an alias",
      `${head}  "ft:a": { lastReview: &day 2026-01-31, projects: [] }\n  "ft:c": { lastReview: *day, projects: [] }\n`,
      ["ft:a, line 3: the alias *day refers to it"]
    ],
    [
      "an explicit key",
      `${head}  ? "ft:a"\n  : owner: proj_a\n    projects: []\n`,
      ["ft:a, line 3: its lastReview cannot be changed alone"]
    ],
    [
      "an anchor on its own line",
      `${head}  "ft:a":\n    &all\n    projects: []\n`,
      ["ft:a, line 3: its lastReview cannot be changed alone"]
    ],
    [
      "a day with an escape",
      `${head}  "ft:a":\n    lastReview: "2026\\x2d01-31"\n    projects: []\n`,
      ["ft:a, line 3: its lastReview cannot be changed alone"]
    ],
    [
      "a day in the comment of a block",
      `${head}  "ft:a":\n    lastReview: >- # 2026-01-30\n      2026-01-31\n    projects: []\n`,
      ["ft:a, line 3: its lastReview cannot be changed alone"]
    ]
  ])("leaves %s to a person, with its line", (_, text, expected) => {
    assert.deepStrictEqual(changesOf(text, "ft:a", "ft:b"), expected)
  })
})
