import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import ts from "typescript"

const folder = fileURLToPath(new URL("../../packages/access/src/", import.meta.url))

/** How many names the public modules of access export, types included. Lower it when some go. */
const most = 145

it(`the public modules of access export at most ${most} names`, () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "index.ts")
  const program = ts.createProgram(
    files.map((name) => folder + name),
    { module: ts.ModuleKind.NodeNext, allowImportingTsExtensions: true, noEmit: true, noLib: true, noCheck: true }
  )
  const checker = program.getTypeChecker()
  const names = files.flatMap((name) => {
    const source = program.getSourceFile(folder + name)
    const module = source && checker.getSymbolAtLocation(source)
    return module === undefined ? [] : checker.getExportsOfModule(module).map((one) => `${name}: ${one.name}`)
  })
  assert.isAbove(names.length, 0)
  assert.isAtMost(names.length, most, names.join("\n"))
}, 60_000)
