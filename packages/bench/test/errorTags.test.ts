import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect3 from "@checkpoint-permissions/core/PermissionsError"
import * as Effect4 from "@checkpoint-permissions/effect4/PermissionsError"
import { assert, describe, it } from "vitest"

const store = fileURLToPath(new URL("../../../node_modules/.pnpm/", import.meta.url))

/** The installed packages of Effect, of both majors. */
const packages = readdirSync(store).flatMap((folder) => {
  const name = /^(@effect\+[^@]+|effect)@/.exec(folder)?.[1]?.replace("+", "/")
  return name === undefined ? [] : [{ folder, dist: join(store, folder, "node_modules", name, "dist") }]
})

const filesOf = (dist: string): ReadonlyArray<string> =>
  readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.js$/.test(file) && !/^cjs\//.test(file))
    .map((file) => join(dist, file))

/** How Effect's own sources give an error its tag: `TaggedError("id")("Tag")`, `TaggedError("Tag")`, `Schema.tag("Tag")`. */
const taggedError = /Tagged(?:Error|ErrorClass)(?:\("[^"]*"\))?\(\s*"(\w+)"/g
const errorClass = /(?:Schema\.Error|TypeIdError)\([^)]*\)\(\s*(?:\{\s*_tag: [^"]*)?"(\w+)"/g
const plainTag = /_tag(?: = |: )"(\w+(?:Error|Exception|Failure))"/g

/** Reasons of another error in Effect 4 (`AiError`, `SqlError`): they stand in its field `reason`, never in a channel of errors. */
const reasons = /\/effect@4[^/]*\/.*\/(?:ai\/AiError|sql\/SqlError)\.js$/

const tags = new Map<string, string>()
const tagsOfReasons = new Set<string>()
for (const { dist } of packages) {
  for (const file of filesOf(dist)) {
    const code = readFileSync(file, "utf8").replaceAll(/^ *\*.*$/gm, "")
    for (const pattern of [taggedError, errorClass, plainTag]) {
      for (const [, tag = ""] of code.matchAll(pattern)) {
        if (reasons.test(file) && !file.endsWith(`${tag}.js`)) tagsOfReasons.add(tag)
        else tags.set(tag, file)
      }
    }
  }
}

const ours = (errors: object): ReadonlyArray<string> =>
  Object.keys(errors).filter((name) => /^[A-Z]\w+Error$/.test(name) && name !== "PermissionsError")

describe("tags of errors", () => {
  it("those of Effect are found, in both majors", () => {
    assert.isAbove(packages.filter(({ folder }) => folder.startsWith("effect@")).length, 1)
    for (const tag of ["NotFound", "Conflict", "BadRequest", "Unauthorized", "SqlError", "AiError", "RpcClientError"]) {
      assert.isTrue(tags.has(tag), tag)
    }
    for (const tag of ["TimeoutException", "TimeoutError", "ResponseError", "HttpClientError", "RunnerUnavailable"]) {
      assert.isTrue(tags.has(tag), tag)
    }
    assert.isTrue(tagsOfReasons.has("RateLimitError"))
  })

  for (const [line, errors] of [
    ["Effect 3", Effect3],
    ["Effect 4", Effect4]
  ] as const) {
    it(`none of ours is one of them, on ${line}`, () => {
      assert.strictEqual(ours(errors).length, 14)
      assert.deepStrictEqual(
        ours(errors).filter((tag) => tags.has(tag)),
        []
      )
    })
  }
})
