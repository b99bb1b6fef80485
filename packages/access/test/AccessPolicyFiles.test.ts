import { AccessPolicy } from "@checkpoint-permissions/access"
import { FileSystem } from "@effect/platform"
import { SystemError } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { scoped as test } from "../../core/test/effects.ts"

/** A file system of these files and no other. */
const files = (contents: { readonly [file: string]: string }) =>
  FileSystem.layerNoop({
    readFileString: (path) => {
      const text = contents[path]
      return text === undefined
        ? Effect.fail(
            new SystemError({
              reason: "NotFound",
              module: "FileSystem",
              method: "readFileString",
              pathOrDescriptor: path
            })
          )
        : Effect.succeed(text)
    }
  })

const load = (contents: { readonly [file: string]: string }, names: NonEmptyReadonlyArray<string>) =>
  Effect.provide(AccessPolicy.load(names), files(contents))

const report = (contents: { readonly [file: string]: string }, names: NonEmptyReadonlyArray<string>) =>
  load(contents, names).pipe(
    Effect.as([]),
    Effect.catchTag("InvalidPolicy", (error) => Effect.succeed(error.report.split("\n")))
  )

const groups = "version: 1\ngroups: {research: [proj_a, proj_b]}\ncheckpoints: {}\n"
const weather = 'version: 1\ncheckpoints:\n  "ft:weather": {projects: ["@research"]}\n'
const legal = '{"version": 1, "checkpoints": {"ft:legal": {"projects": ["proj_l"]}}}'

describe("several files are one policy", () => {
  test("share groups, in the order of the files", function* () {
    const policy = yield* load({ groups, weather, legal }, ["weather", "legal", "groups"])
    assert.deepEqual<unknown>(policy, {
      version: 1,
      groups: { research: ["proj_a", "proj_b"] },
      checkpoints: { "ft:weather": { projects: ["@research"] }, "ft:legal": { projects: ["proj_l"] } }
    })
    assert.deepEqual(Object.keys(policy.checkpoints), ["ft:weather", "ft:legal"])
    assert.deepEqual<unknown>((yield* AccessPolicy.resolve(policy))[0]?.projects, ["proj_a", "proj_b"])
    const other = yield* load({ groups, weather, legal }, ["groups", "legal", "weather"])
    assert.strictEqual(yield* AccessPolicy.digest(other), yield* AccessPolicy.digest(policy))
  })

  test("apply the last review and the time between reviews of a file to its entries without their own", function* () {
    const one = `version: 1\nreviewEvery: 90d\nlastReview: 2026-11-30\ncheckpoints:
  "ft:a": { projects: [] }\n  "ft:b": { lastReview: 2026-01-31, reviewEvery: 30d, projects: [] }\n`
    const other = legal.replace('"version"', '"reviewEvery": "10d", "version"')
    assert.deepEqual<unknown>(yield* load({ groups, one, other, weather }, ["groups", "one", "other", "weather"]), {
      version: 1,
      groups: { research: ["proj_a", "proj_b"] },
      checkpoints: {
        "ft:a": { lastReview: "2026-11-30", reviewEvery: "90d", projects: [] },
        "ft:b": { lastReview: "2026-01-31", reviewEvery: "30d", projects: [] },
        "ft:legal": { reviewEvery: "10d", projects: ["proj_l"] },
        "ft:weather": { projects: ["@research"] }
      }
    })
  })

  test("may define the same group twice", function* () {
    const again = groups.replace("[proj_a, proj_b]", "[proj_b, proj_a]")
    const policy = yield* load({ groups, again }, ["groups", "again"])
    assert.deepEqual<unknown>(policy.groups, { research: ["proj_b", "proj_a"] })
  })
})

describe("errors in several files", () => {
  it.effect("name both places of a checkpoint in two files", () =>
    Effect.map(report({ groups, weather, again: `# ours\n${weather}` }, ["groups", "weather", "again"]), (told) =>
      assert.deepStrictEqual(told, [
        'again:4:3: checkpoints["ft:weather"]: the checkpoint "ft:weather" is also in weather on line 3: remove it from one of the files'
      ])
    )
  )

  it.effect("name each definition that differs from the first one", () => {
    const defining = (...projects: ReadonlyArray<string>) =>
      `version: 1\ngroups:\n  research: [${projects.join(", ")}]\ncheckpoints: {}\n`
    const texts = {
      one: defining("proj_a", "proj_b"),
      two: defining("proj_c"),
      three: defining("proj_b", "proj_a"),
      four: defining("proj_c")
    }
    return Effect.map(report(texts, ["one", "two", "three", "four"]), (told) =>
      assert.deepStrictEqual(told, [
        'two:3:3: groups.research: the group "research" has other projects in one on line 3: rename one of the two',
        'four:3:3: groups.research: the group "research" has other projects in one on line 3: rename one of the two'
      ])
    )
  })

  test("are the platform's errors with the name of a file that cannot be read", function* () {
    const error = yield* Effect.flip(load({ groups }, ["groups", "absent"]))
    assert.strictEqual(error._tag, "SystemError")
    assert.include(error.message, "absent")
  })
})

describe("merge", () => {
  test("refuses a checkpoint in two texts without a file", function* () {
    const error = yield* Effect.flip(AccessPolicy.merge([{ text: groups }, { text: weather }, { text: weather }]))
    assert.deepStrictEqual(
      error.report,
      '3:3: checkpoints["ft:weather"]: the checkpoint "ft:weather" is also in another text on line 3: remove it from one of the files'
    )
  })
})
