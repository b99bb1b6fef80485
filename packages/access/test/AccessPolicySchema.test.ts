import { AccessPolicy } from "@checkpoint-permissions/access"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { assert, describe, it } from "@effect/vitest"
import { Ajv } from "ajv"
import { FastCheck as fc, JSONSchema, Schema } from "effect"
import { ids, text, withControls } from "./support/hostile.ts"
import { policy as anyPolicy } from "./support/policies.ts"

/** As JSON has it. */
const schema = JSON.parse(JSON.stringify(JSONSchema.make(AccessPolicy.AccessPolicy)))

const valid = new Ajv({ strict: true }).compile(schema)

const good: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ["the least", { version: 1, checkpoints: {} }],
  ["empty parts", { version: 1, groups: {}, checkpoints: {} }],
  [
    "everything",
    {
      version: 1,
      reviewEvery: "90d",
      lastReview: "2026-11-30",
      groups: { research: ["proj_a"], nobody: [] },
      checkpoints: {
        "ft:a": {
          owner: "proj_o",
          lastReview: "2026-11-30",
          reviewEvery: "30d",
          mode: "exact",
          projects: ["@research", "proj_c"]
        },
        "ft:b": { mode: "at-least", projects: [] },
        "ft:c": { projects: ["proj_a", { project: "proj_b", until: "2027-01-31", reason: "pilot" }] }
      }
    }
  ]
]

const checkpoint = (value: unknown) => ({ version: 1, checkpoints: { "ft:a": value } })

const bad: ReadonlyArray<readonly [what: string, value: unknown]> = [
  ["null", null],
  ["a list", []],
  ["no version", { checkpoints: {} }],
  ["another version", { version: 2, checkpoints: {} }],
  ["a version as text", { version: "1", checkpoints: {} }],
  ["no checkpoints", { version: 1 }],
  ["checkpoints null", { version: 1, checkpoints: null }],
  ["an unknown key", { version: 1, checkpoints: {}, chekpoints: {} }],
  ["an unknown key of a checkpoint", checkpoint({ projects: [], projcts: [] })],
  ["projects left out", checkpoint({})],
  ["projects null", checkpoint({ projects: null })],
  ["one project without a list", checkpoint({ projects: "proj_a" })],
  ["a project twice", checkpoint({ projects: ["proj_a", "proj_a"] })],
  ["a number as a project", checkpoint({ projects: [12] })],
  ["a review without zeros", checkpoint({ lastReview: "2026-1-5", projects: [] })],
  ["a time between reviews in hours", { version: 1, reviewEvery: "90h", checkpoints: {} }],
  ["a time between reviews of an entry in words", checkpoint({ reviewEvery: "quarterly", projects: [] })],
  ["no days between reviews", { version: 1, reviewEvery: "0d", checkpoints: {} }],
  ["an end without a day", checkpoint({ projects: [{ project: "proj_a" }] })],
  ["an end as a number", checkpoint({ projects: [{ project: "proj_a", until: 20270131 }] })],
  ["an end without zeros", checkpoint({ projects: [{ project: "proj_a", until: "2027-1-5" }] })],
  ["an end of a group", checkpoint({ projects: [{ project: "@a", until: "2027-01-31" }] })],
  ["an unknown key of an end", checkpoint({ projects: [{ project: "proj_a", until: "2027-01-31", till: 1 }] })],
  ["an empty project", checkpoint({ projects: [""] })],
  ["@ alone", checkpoint({ projects: ["@"] })],
  ["white space around a project", checkpoint({ projects: [" proj_a"] })],
  ["a control character in a project", checkpoint({ projects: ["proj\u001b[31m"] })],
  ["a path as a project", checkpoint({ projects: [".."] })],
  ["a project of 513 characters", checkpoint({ owner: "a".repeat(513), projects: [] })],
  ["another mode", checkpoint({ mode: "some", projects: [] })],
  ["a group as owner", checkpoint({ owner: "@g", projects: [] })],
  ["a job checkpoint's own id", { version: 1, checkpoints: { ftckpt_a: { projects: [] } } }],
  ["an empty checkpoint", { version: 1, checkpoints: { "": { projects: [] } } }],
  ["a group within a group", { version: 1, groups: { a: ["@b"] }, checkpoints: {} }],
  ["a group with its @", { version: 1, groups: { "@a": [] }, checkpoints: {} }],
  ["names", { version: 1, names: { proj_a: "Search quality" }, checkpoints: {} }]
]

describe("the JSON Schema", () => {
  it.each(good)("takes %s, as the schema does", (_what, value) => {
    assert.isTrue(valid(value))
    assert.isTrue(Schema.decodeUnknownEither(AccessPolicy.AccessPolicy)(value)._tag === "Right")
  })

  it.each(bad)("refuses %s", (_what, value) => {
    assert.isFalse(valid(value))
  })

  it("takes every policy", () => {
    fc.assert(fc.property(anyPolicy, (policy) => valid(policy)))
  })

  it("has patterns that agree with the ids", () => {
    const agrees = (id: string) => {
      if (id.length > 500 || /\p{Cs}/u.test(id)) return
      const json = JSON.stringify(id)
      const isProject = Schema.is(ProjectId)(id)
      const isMember = isProject && !id.startsWith("@")
      assert.strictEqual(
        valid({ version: 1, checkpoints: Object.fromEntries([[id, { projects: [] }]]) }),
        Schema.is(CheckpointId)(id),
        json
      )
      assert.strictEqual(valid(checkpoint({ owner: id, projects: [] })), isMember, json)
      assert.strictEqual(valid({ version: 1, groups: { g: [id] }, checkpoints: {} }), isMember, json)
      assert.strictEqual(valid(checkpoint({ projects: [id] })), isProject && id !== "@", json)
    }
    for (const id of [...ids, ...withControls, ".", "..", "...", "a", " ", "ftckpt_", "xftckpt_", "@", "@@"]) agrees(id)
    fc.assert(fc.property(fc.oneof(text, fc.stringMatching(/^[.@ a]{0,4}$/)), agrees), { numRuns: 500 })
  })
})
