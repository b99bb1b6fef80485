/**
 * `npm run check`: whether a small change will pass, in less than a minute. It formats and lints what differs from
 * `main`, brings what is generated up to date, checks types and spelling, and runs the tests that import what changed
 * (at most those of the packages that were touched). What takes longer is left to `.ci/run`.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { ensureInstalled, fail, root, timed } from "./install.mjs"

const git = (/** @type {ReadonlyArray<string>} */ ...args) =>
  spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout.split("\n").filter(Boolean)

const base =
  git("rev-parse", "--verify", "--quiet", "origin/main")[0] ?? git("rev-parse", "--verify", "main")[0] ?? "HEAD"
const changed = [
  ...new Set([
    ...git("diff", "--name-only", "--diff-filter=d", `${base}...HEAD`),
    ...git("diff", "--name-only", "--diff-filter=d", "HEAD"),
    ...git("ls-files", "--others", "--exclude-standard")
  ])
].filter((file) => existsSync(join(root, file)))
const code = changed.filter((file) => /\.(ts|mjs)$/.test(file))
const text = changed.filter((file) => /\.(ts|mjs|md)$/.test(file))
const projects = [...new Set(changed.map((file) => /^(?:packages\/)?([a-z0-9]+)\/.*\.ts$/.exec(file)?.[1]))].filter(
  Boolean
)

/**
 * The steps: a title, Node's arguments, further arguments, and the files. A step with an empty list of files is left out.
 * @type {ReadonlyArray<[what: string, command: string, args?: ReadonlyArray<string>, files?: ReadonlyArray<string>]>}
 */
const steps = [
  ["generated files", "--import tsx scripts/manifests.mjs"],
  [
    "format and lint",
    "node_modules/@biomejs/biome/bin/biome check --write --error-on-warnings --no-errors-on-unmatched",
    changed
  ],
  ["what no linter sees", "scripts/check-repo.mjs"],
  ["spelling", "node_modules/cspell/bin.mjs lint --no-progress --no-summary --no-must-find-files", text, text],
  // The same as `npx tsc -b`, so it uses the same build; TypeScript 5.9 is left to `npm run types`.
  ["types", "node_modules/typescript-7/bin/tsc -b", [], code],
  [
    "tests that import what changed",
    "node_modules/vitest/vitest.mjs related --run --passWithNoTests --reporter=dot",
    [...projects.flatMap((name) => ["--project", name]), ...code],
    code
  ]
]

ensureInstalled()
if (changed.length === 0) {
  process.stdout.write("check: nothing differs from main\n")
  process.exit(0)
}
const failed = steps
  .filter(([, , , files]) => files?.length !== 0)
  .filter(([what, command, args = []]) => !timed(`check: ${what}`, ...command.split(" "), ...args))
  .map(([what]) => what)
if (failed.length > 0) fail(`check: ${failed.join(", ")}: see the lines above`)
