/** Compares the doc comments of schema variants with their fields. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { root } from "../snippets.ts"

const files = readdirSync(join(root, "packages")).flatMap((name) =>
  readdirSync(join(root, "packages", name, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join("packages", name, "src", path))
)

const variant = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:step|(?:Schema\.)?TaggedStruct)\("(\w+)", \{([^}]*)\}/g

it("each field that the comment of a variant describes is a field of it", () => {
  const described = files.flatMap((path) =>
    Array.from(readFileSync(join(root, path), "utf8").matchAll(variant), ([, comment = "", tag, fields = ""]) =>
      Array.from(comment.replace(/\s*\*\s*/g, " ").matchAll(/`(\w+)` is /g), ([, name = ""]) => ({
        name: `${tag}.${name}`,
        isField: new RegExp(`\\b${name}\\b`).test(fields)
      }))
    ).flat()
  )
  assert.isAtLeast(described.length, 4)
  assert.deepStrictEqual(
    described.filter(({ isField }) => !isField).map(({ name }) => name),
    []
  )
})
