/** The exports of the published packages, each with its doc comment, wherever a module re-exports it from. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { exportsOf } from "../generate/declarations.ts"
import { modules, sourceOf } from "../generate/referencePage.ts"
import { root } from "../pages.ts"

const all = modules.map((module) => {
  const head = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(join(root, sourceOf(module)), "utf8"))?.[0] ?? ""
  return { exports: exportsOf(sourceOf(module)), head, module, name: `${module.package}/${module.name}` }
})
/** The API of `protocol` may change in any version, and needs neither dates nor examples. */
const stable = all.filter(({ module }) => module.package !== "protocol")

it("every export has a doc comment", () => {
  const exports = all.flatMap((module) => module.exports)
  assert.isAbove(exports.length, 600)
  assert.deepStrictEqual(
    exports.flatMap(({ comment, file, line, name }) =>
      comment.text === "" && comment.tags.length === 0 ? [`${file}:${line}: ${name}`] : []
    ),
    []
  )
})

it("every module has an example", () => {
  assert.deepStrictEqual(
    stable.flatMap(({ exports, head, name }) =>
      [head, ...exports.flatMap(({ comment }) => comment.tags.map(([tag, text]) => `@${tag}\n${text}`))].some((text) =>
        /@example\n.*```ts/.test(text)
      )
        ? []
        : [name]
    ),
    []
  )
})

it("the modules of access export at most 145 names", () => {
  const names = all.flatMap(({ exports, module, name }) =>
    module.package === "access" ? exports.map((one) => `${name}#${one.name}`) : []
  )
  assert.isAtMost(names.length, 145, names.join("\n"))
})

it("the reference of an error names its class, and that of an interface has all its fields", () => {
  const codeOf = (module: string, name: string): string =>
    all
      .find((one) => one.name === module)
      ?.exports.find((one) => one.name === name)
      ?.code()
      .join("\n") ?? ""
  for (const [module, name, base] of [
    ["core/PermissionsError", "RateLimitError", "YieldableError"],
    ["testing/Emulator", "EmulatorError", "YieldableError"],
    ["fake/invalidSetting", "InvalidSetting", "Error"]
  ] as const) {
    assert.match(codeOf(module, name), new RegExp(`^class ${name} extends ${base} \\{`), name)
  }
  const fieldsOf = (code: string) => Array.from(code.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, field]) => field)
  const options = [
    "baseUrl",
    "seed",
    "organization",
    "behavior",
    "faults",
    "randomSeed",
    "keptRequests",
    "strictFaults"
  ]
  assert.sameMembers(fieldsOf(codeOf("testing/FakePermissions", "Options")), options)
  const address = ["host", "port", "control", "requestTimeout"]
  assert.sameMembers(fieldsOf(codeOf("testing/Emulator", "Options")), [...options, ...address])
})

it("the reference of a function that a call makes has its signature and its types", () => {
  const list = all
    .find((one) => one.name === "client/CheckpointPermissions")
    ?.exports.find(({ name }) => name === "list")
  assert.include(
    list?.code().join(),
    "params?: ListParams\n): Effect.Effect<PermissionPage, ListError, CheckpointPermissions>"
  )
  assert.includeMembers(list?.uses.map(({ name }) => name) ?? [], ["ListParams", "PermissionPage", "ListError"])
})
