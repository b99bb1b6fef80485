import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))
const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome")

/** What the linter has to refuse: by which rule, where, and what. */
const planted = [
  ["lint/style/noRestrictedImports", "packages/core/src/Barrel.ts", `export { Effect } from "effect"`],
  ["lint/style/noRestrictedImports", "packages/client/src/Barrel.ts", `export { HttpClient } from "@effect/platform"`],
  [
    "lint/style/noRestrictedImports",
    "packages/testing/src/Barrel.ts",
    `export { NodeHttpServer } from "@effect/platform-node"`
  ],
  [
    "lint/style/noRestrictedImports",
    "packages/cli/src/Barrel.ts",
    `export { NodeContext } from "@effect/platform-node"`
  ],
  ["lint/style/noRestrictedImports", "packages/core/src/OldSchema.ts", `export * from "@effect/schema/Schema"`],
  ["lint/style/noRestrictedImports", "packages/cli/src/OldSchema.ts", `export * from "@effect/schema"`],
  ["lint/style/noRestrictedImports", "packages/access/src/Around.ts", `export * from "../../testing/src/index.ts"`],
  ["lint/style/noRestrictedImports", "packages/core/src/Io.ts", `export { readFileSync } from "node:fs"`],
  ["lint/style/noRestrictedGlobals", "packages/page/src/Fetch.ts", `export const x = () => fetch("/")`],
  ["lint/style/noRestrictedGlobals", "packages/fake/src/Timer.ts", "export const x = () => setTimeout(() => 1, 1)"],
  ["lint/style/noRestrictedGlobals", "packages/protocol/src/Timer.ts", "export const x = () => setTimeout(() => 1, 1)"],
  ["plugin", "packages/protocol/src/Now.ts", "export const x = () => Date.now()"],
  ["plugin", "packages/fake/src/Now.ts", "export const x = () => Date.now()"],
  ["lint/suspicious/noExplicitAny", "packages/client/src/Any.ts", "export const x = (y: any): number => y"],
  ["plugin", "packages/client/src/As.ts", "export const x = (y: unknown) => y as number"],
  ["plugin", "packages/client/src/Angle.ts", "export const x = (y: unknown) => <number>y"],
  ["plugin", "packages/client/src/NonNull.ts", "export const x = (y?: number): number => y!"],
  ["lint/suspicious/noTsIgnore", "packages/client/src/Ignored.ts", "// @ts-ignore\nexport const x: string = 1"],
  ["lint/style/noRestrictedGlobals", "packages/client/src/Process.ts", `export const x = process.env["X"]`],
  ["lint/correctness/noProcessGlobal", "packages/client/src/GlobalProcess.ts", "export const x = globalThis.process"],
  ["lint/suspicious/noConsole", "packages/client/src/Console.ts", "console.log(1)"],
  ["plugin", "packages/client/src/Now.ts", "export const x = () => Date.now()"],
  ["plugin", "packages/client/src/NewDate.ts", "export const x = () => new Date()"],
  ["plugin", "packages/client/src/Random.ts", "export const x = () => Math.random()"],
  ["lint/style/noRestrictedGlobals", "packages/client/src/Timer.ts", "export const x = () => setTimeout(() => 1, 1)"],
  ["lint/style/noRestrictedGlobals", "packages/client/src/Fetch.ts", `export const x = () => fetch("/")`],
  ["lint/correctness/noUnusedVariables", "packages/client/src/Unused.ts", "const x = 1"],
  ["format", "packages/client/src/Format.ts", "export const x = 1;"],
  [
    "lint/suspicious/noFocusedTests",
    "packages/client/test/focused.test.ts",
    `import { it } from "vitest"\n\nit.only("x", () => undefined)`
  ]
] as const

/** What it has to let pass. */
const fine = [
  [
    "packages/client/src/internal/deep.ts",
    `export * as Effect from "effect/Effect"\n\nexport const x = ["a", "b"] as const\n`
  ],
  ["packages/access/src/fine.ts", `export * from "@checkpoint-permissions/client/CheckpointPermissions"\n`]
] as const

describe("the linter refuses", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "checkpoint-permissions-lint-")))
  let output = ""

  beforeAll(() => {
    const packages = ["protocol", "core", "client", "fake", "testing", "access", "cluster", "page", "cli"].map(
      (name) => `packages/${name}/package.json`
    )
    for (const file of ["biome.jsonc", ".gitignore", "scripts/lint", "package.json", ...packages]) {
      cpSync(join(root, file), join(home, file), { recursive: true })
    }
    for (const [file, text] of [...planted.map(([, ...rest]) => rest), ...fine]) {
      mkdirSync(dirname(join(home, file)), { recursive: true })
      writeFileSync(join(home, file), text.endsWith("\n") ? text : `${text}\n`)
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
