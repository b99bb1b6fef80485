import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))
const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome")

/** Code that the linter must refuse: the rule, the folder, and the code. */
const planted = [
  ["lint/style/noRestrictedImports", "core/src", `export { Effect } from "effect"`],
  ["lint/style/noRestrictedImports", "client/src", `export { HttpClient } from "@effect/platform"`],
  ["lint/style/noRestrictedImports", "testing/src", `export { NodeHttpServer } from "@effect/platform-node"`],
  ["lint/style/noRestrictedImports", "cli/src", `export { NodeContext } from "@effect/platform-node"`],
  ["lint/style/noRestrictedImports", "core/src", `export * from "@effect/schema/Schema"`],
  ["lint/style/noRestrictedImports", "cli/src", `export * from "@effect/schema"`],
  ["lint/style/noRestrictedImports", "access/src", `export * from "../../testing/src/index.ts"`],
  ["lint/style/noRestrictedImports", "core/src", `export { readFileSync } from "node:fs"`],
  ["lint/style/noRestrictedGlobals", "fake/src", "export const x = () => setTimeout(() => 1, 1)"],
  ["lint/style/noRestrictedGlobals", "protocol/src", "export const x = () => setTimeout(() => 1, 1)"],
  ["plugin", "protocol/src", "export const x = () => Date.now()"],
  ["plugin", "fake/src", "export const x = () => Date.now()"],
  ["lint/suspicious/noExplicitAny", "client/src", "export const x = (y: any): number => y"],
  ["plugin", "client/src", "export const x = (y: unknown) => y as number"],
  ["plugin", "client/src", "export const x = (y: unknown) => <number>y"],
  ["plugin", "client/src", "export const x = (y?: number): number => y!"],
  ["lint/suspicious/noTsIgnore", "client/src", "// @ts-ignore\nexport const x: string = 1"],
  ["lint/style/noRestrictedGlobals", "client/src", `export const x = process.env["X"]`],
  ["lint/correctness/noProcessGlobal", "client/src", "export const x = globalThis.process"],
  ["lint/suspicious/noConsole", "client/src", "console.log(1)"],
  ["plugin", "client/src", "export const x = () => Date.now()"],
  ["plugin", "client/src", "export const x = () => new Date()"],
  ["plugin", "client/src", "export const x = () => Math.random()"],
  ["lint/style/noRestrictedGlobals", "client/src", "export const x = () => setTimeout(() => 1, 1)"],
  ["lint/style/noRestrictedGlobals", "client/src", `export const x = () => fetch("/")`],
  ["lint/correctness/noUnusedVariables", "client/src", "const x = 1"],
  ["format", "client/src", "export const x = 1;"],
  ["lint/suspicious/noFocusedTests", "client/test", `import { it } from "vitest"\n\nit.only("x", () => undefined)`]
].map(([rule = "", folder, code = ""], n) => [rule, `packages/${folder}/Planted${n}.ts`, code] as const)

/** Code that the linter must accept. */
const fine = [
  [
    "packages/client/src/internal/deep.ts",
    `export * as Effect from "effect/Effect"\n\nexport const x = ["a"] as const`
  ],
  ["packages/access/src/fine.ts", `export * from "@checkpoint-permissions/client/CheckpointPermissions"`]
] as const

describe("the linter refuses", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "checkpoint-permissions-lint-")))
  let output = ""

  beforeAll(() => {
    const packages = ["protocol", "core", "client", "fake", "testing", "access", "cli"].map(
      (name) => `packages/${name}/package.json`
    )
    for (const file of ["biome.jsonc", ".gitignore", "scripts/lint", "package.json", ...packages]) {
      cpSync(join(root, file), join(home, file), { recursive: true })
    }
    for (const [file, text] of [...planted.map(([, ...rest]) => rest), ...fine]) {
      mkdirSync(dirname(join(home, file)), { recursive: true })
      writeFileSync(join(home, file), `${text}\n`)
    }
    output = spawnSync(
      process.execPath,
      [biome, "check", "--error-on-warnings", "--reporter=github", "--max-diagnostics=none", "packages"],
      { cwd: home, encoding: "utf8" }
    ).stdout.replaceAll(join(home, "/"), "")
  })
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  it.each(planted)("%s in %s: %s", (rule, file) => {
    assert.include(output, `title=${rule},file=${file}`)
  })

  it.each(fine)("nothing in %s", (file) => {
    assert.notInclude(output, file)
  })
})
