/**
 * What a stranger gets: installs the packed packages with npm into an empty
 * project outside this repository, type-checks and runs the README's first
 * program there, and runs the command line.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { snippets } from "../docs/snippets.ts"
import { fail, root } from "./install.mjs"
import { pack } from "./pack.mjs"

const home = mkdtempSync(join(tmpdir(), "checkpoint-permissions-smoke-"))
const windows = process.platform === "win32"

/** @param {string} what @param {string} command @param {ReadonlyArray<string>} args */
const step = (what, command, ...args) => {
  process.stdout.write(`smoke: ${what}\n`)
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: home,
    encoding: "utf8",
    shell: windows,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 300_000
  })
  if (status !== 0) throw new Error(`${what} failed\n${stdout}${stderr}`)
  return stdout
}

/** The version that this repository tests with. @param {string} name */
const installed = (name) =>
  JSON.parse(readFileSync(join(root, "docs/node_modules", name, "package.json"), "utf8")).version

try {
  mkdirSync(join(home, "tarballs"))
  const tarballs = pack(join(home, "tarballs")).map((tarball) => `./tarballs/${basename(tarball)}`)
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "smoke", private: true, type: "module" }))
  const registry = ["effect", "@effect/platform", "@effect/platform-node", "typescript", "tsx", "@types/node"]
  step(
    "npm install of the tarballs",
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    ...tarballs,
    ...registry.map((name) => `${name}@${installed(name)}`)
  )

  writeFileSync(
    join(home, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "ES2022",
        module: "NodeNext",
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        skipLibCheck: false,
        types: ["node"]
      },
      include: ["*.ts"]
    })
  )
  // Each package as a whole, and one module by itself, as both can be imported.
  writeFileSync(
    join(home, "imports.ts"),
    `${tarballs
      .map((tarball) => /checkpoint-permissions-([a-z]+)-/.exec(tarball)?.[1])
      .map((name) => `export * as ${name} from "@checkpoint-permissions/${name}"`)
      .join("\n")}\nexport * as Identifiers from "@checkpoint-permissions/core/Identifiers"\n`
  )
  const program = snippets.find(({ origin, use }) => origin.startsWith("README.md:") && use === "run")
  if (program === undefined) throw new Error("README.md holds no program: a block that begins with ```ts run")
  writeFileSync(join(home, "program.ts"), program.code)

  step("strict type check", "npx", "tsc", "-p", ".")
  step("all packages load", "npx", "tsx", "imports.ts")
  step(`the program of ${program.origin} runs`, "npx", "tsx", "program.ts")
  if (existsSync(join(root, "packages/cli/src/bin.ts"))) {
    step("checkpoint-permissions --help", "npx", "checkpoint-permissions", "--help")
    step("checkpoint-permissions demo", "npx", "checkpoint-permissions", "demo")
  }
  process.stdout.write("smoke: the packages work where they are installed.\n")
} catch (error) {
  fail(`smoke: ${error instanceof Error ? error.message : error}`)
} finally {
  rmSync(home, { recursive: true, force: true })
}
