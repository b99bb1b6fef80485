/** Compares the list of modules with state with the sources. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "../snippets.ts"

const [, section = ""] = readFileSync(join(root, "docs/architecture.md"), "utf8").split("## State\n")
const [table = ""] = section.split("\n## ")
const rows = table
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("`"))
  .map((line) => line.split(" | "))
const modulesOf = (cell = "") => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)

/** Variables of a module, and collections of a module that it changes. */
const isStateful = (text: string): boolean => {
  const collection =
    /^(?:export )?const (\w+)[^=\n]*= (?:new (?:Weak)?(?:Map|Set)\b|\[\]|.*(?:unsafeMake|makeUnsafe))/gm
  const changed = Array.from(text.matchAll(collection), ([, name = ""]) => name).filter((name) =>
    new RegExp(`\\b${name}\\.(?:set|add|delete|clear|push|splice|withPermits)\\(`).test(text)
  )
  return /^(?:export )?let /m.test(text) || changed.length > 0
}

describe("modules with state", () => {
  it("whose owner is the module are the first row, and no other module has such state", () => {
    const packages = readdirSync(join(root, "packages")).filter((name) => !/^(bench|contract)$/.test(name))
    const files = packages.flatMap((name) =>
      readdirSync(join(root, "packages", name, "src"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => `packages/${name}/src/${path.replaceAll("\\", "/")}`)
    )
    assert.isAbove(files.length, 250)
    const found = files.filter((path) => isStateful(readFileSync(join(root, path), "utf8")))
    const named = found.map((path) => path.replace(/^packages\/(\w+)\/src\/(.*)\.ts$/, "$1/$2"))
    assert.sameMembers(named, modulesOf(rows.find(([owner]) => owner === "| the module")?.[2]))
  })

  it("exist", () => {
    const paths = rows
      .flatMap(([, , cell]) => modulesOf(cell))
      .filter((name) => /^\w+\//.test(name) && !name.startsWith("internal/"))
    assert.isAbove(paths.length, 15)
    for (const path of paths) {
      const file = join(root, "packages", path.replace("/", "/src/"))
      assert.isTrue(existsSync(file) || existsSync(`${file}.ts`), path)
    }
  })
})
