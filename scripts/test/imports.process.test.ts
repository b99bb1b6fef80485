import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))
const cruiser = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs")
const ours = "@checkpoint-permissions"

/** The path of a file from `packages`, from the root of the repository. */
const fromRoot = (file: string) => posix.join("packages", file)

/** Imports that must be refused: the rule, the file, and the import. */
const planted = [
  ["arrows-of-core", "core/src/Client.ts", `${ours}/client`],
  ["arrows-of-client", "client/src/Testing.ts", `${ours}/testing/Fake`],
  ["arrows-of-client", "client/src/Around.ts", "../../access/src/index.ts"],
  ["arrows-of-client", "client/src/OfTests.ts", "../../core/test/support.ts"],
  ["arrows-of-testing", "testing/src/Client.ts", `${ours}/client`],
  ["arrows-of-access", "access/src/Testing.ts", `${ours}/testing`],
  ["arrows-of-access", "access/src/Docs.ts", "../../../docs/index.ts"],
  ["arrows-of-access", "access/src/Cli.ts", `${ours}/cli`],
  ["arrows-of-fake", "fake/src/core.ts", `${ours}/core`],
  ["arrows-of-protocol", "protocol/src/core.ts", `${ours}/core`],
  ["arrows-of-others", "novel/src/index.ts", `${ours}/core`],
  ["tools-are-below", "../tools/core.ts", `${ours}/core`],
  ["scripts-are-above", "core/test/seeds.ts", "../../../scripts/pack.ts"],
  ["scripts-are-above", "core/vitest.config.ts", "../../scripts/pack.ts"],
  ["packages-are-below", "core/test/docs.ts", "../../../docs/index.ts"],
  ["nothing-but-ours", "protocol/src/node.ts", "node:crypto"],
  ["nothing-but-ours", "protocol/src/effect.ts", "effect/Effect"],
  ["nothing-but-ours", "fake/src/node.ts", "node:http"],
  ["fake-takes-names-only", "fake/src/routes.ts", `${ours}/protocol/operations`],
  ["no-circles", "client/src/A.ts", "./internal/b.ts"],
  ["no-circles", "core/src/Near.ts", "../../client/src/Far.ts"],
  ["leads-somewhere", "client/src/Nowhere.ts", `${ours}/core/Nowhere`]
] as const

/** Imports that must pass. `b.ts` and `Far.ts` are the other parts of the cycles above. */
const fine = [
  ["core/src/index.ts", `${ours}/protocol/operations`],
  ["core/test/fine.ts", "../../../tools/endurance.ts"],
  ["../scripts/fine.ts", `${ours}/core`],
  ["client/src/index.ts", `${ours}/core`],
  ["client/src/Effect.ts", "effect/Effect"],
  ["fake/src/index.ts", `${ours}/protocol/identifiers`],
  ["fake/src/Names.ts", `${ours}/protocol/nearest`],
  ["testing/src/index.ts", `${ours}/fake`],
  ["testing/src/Fake.ts", `${ours}/core`],
  ["access/src/index.ts", `${ours}/protocol/operations`],
  ["cli/src/index.ts", `${ours}/testing/Fake`],
  ["bench/src/index.ts", `${ours}/access`],
  ["client/src/internal/b.ts", "../A.ts"],
  ["client/src/Far.ts", `${ours}/core/Near`]
] as const

const names = ["protocol", "fake", "core", "client", "testing", "access", "cli", "bench", "novel"]

interface Report {
  readonly summary: {
    readonly violations: ReadonlyArray<{
      readonly rule: { readonly name: string }
      readonly from: string
      readonly cycle?: ReadonlyArray<{ readonly name: string }>
    }>
  }
}

describe("of imports", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "checkpoint-permissions-imports-")))
  let violations: ReadonlyArray<string> = []

  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(home, file)), { recursive: true })
    writeFileSync(join(home, file), text)
  }

  beforeAll(() => {
    for (const file of [".dependency-cruiser.mjs", "package.json"]) cpSync(join(root, file), join(home, file))
    for (const name of names) {
      const exports = { ".": "./src/index.ts", "./internal/*": null, "./*": "./src/*.ts" }
      write(`packages/${name}/package.json`, JSON.stringify({ name: `${ours}/${name}`, type: "module", exports }))
      mkdirSync(join(home, "node_modules", ours), { recursive: true })
      symlinkSync(join(home, "packages", name), join(home, "node_modules", ours, name), "junction")
    }
    symlinkSync(join(root, "node_modules/effect"), join(home, "node_modules/effect"), "junction")
    write(fromRoot("core/test/support.ts"), "")
    for (const file of ["docs/index.ts", "scripts/pack.ts", "tools/endurance.ts"]) write(file, "")
    for (const file of ["operations.ts", "identifiers.ts", "nearest.ts"])
      write(`packages/protocol/src/${file}`, "export type X = string")
    // Types only, as those are easily overlooked.
    for (const [file, imported] of [...planted.map(([, ...rest]) => rest), ...fine]) {
      write(fromRoot(file), `export type * from "${imported}"\n`)
    }
    const { stdout } = spawnSync(process.execPath, [cruiser, "--output-type=json", "packages", "tools", "scripts"], {
      cwd: home,
      encoding: "utf8"
    })
    const { summary }: Report = JSON.parse(stdout)
    // A circle is reported of one of its modules.
    violations = summary.violations.flatMap(({ rule, from, cycle = [] }) =>
      [from, ...cycle.map(({ name }) => name)].map((file) => `${rule.name} ${file}`)
    )
  })
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  it.each(planted)("%s refuses in %s: %s", (rule, file) => {
    assert.include(violations, `${rule} ${fromRoot(file)}`)
  })

  it.each(fine.slice(0, -2))("nothing is refused in %s: %s", (file) => {
    assert.notInclude(violations.join("\n"), fromRoot(file))
  })
})
