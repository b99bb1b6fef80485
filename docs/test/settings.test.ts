import { readFileSync } from "node:fs"
import { join } from "node:path"
import { behavior } from "@checkpoint-permissions/fake"
import { assert, it } from "vitest"
import { root } from "../snippets.ts"

const page = readFileSync(join(root, "docs/fake-server.md"), "utf8")
const settings = page.slice(page.indexOf("\n## Settings"))
const rows = settings.split("\n").filter((line) => line.startsWith("| `"))

it("the table of settings names each once, with every value that it can take", () => {
  const named = rows.flatMap((row) =>
    Array.from((row.split("|")[1] ?? "").split(":")[0]?.matchAll(/`(\w+)`/g) ?? [], ([, name]) => name)
  )
  assert.sameMembers(named, Object.keys(behavior.defaults))
  for (const [name, values] of Object.entries(behavior.unknowns)) {
    const cell = rows.find((row) => row.startsWith(`| \`${name}\``))?.split("|")[2] ?? ""
    assert.deepStrictEqual(
      Array.from(cell.matchAll(/`([\w-]+)`/g), ([, value]) => value),
      [...values],
      name
    )
  }
})
