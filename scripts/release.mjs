/**
 * `npm run release -- tag`: commits the built action on top of the current commit, and tags it `v<version>`. The branch
 * stays. Push the tag to release: the workflow `release` builds the same, compares, and publishes.
 * `npm run release -- check <tag>`: checks the tag against the version and the built action, before anything else is run.
 * `npm run release -- notes <file>`: writes the changelog of the version.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isPlaceholder } from "../tools/address.mjs"
import { ensureInstalled, fail, root } from "./install.mjs"

/** The files of the action that a tag has and the main branch has not. */
const dist = "packages/action/dist"

/** @param {ReadonlyArray<string>} args */
const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim()

const build = () => {
  ensureInstalled()
  rmSync(join(root, dist), { recursive: true, force: true })
  execFileSync("npm", ["run", "--silent", "build:action"], { cwd: root, stdio: "inherit" })
}

const { version } = JSON.parse(readFileSync(join(root, "packages/client/package.json"), "utf8"))

const tag = () => {
  if (git("status", "--porcelain") !== "") fail("release: commit or remove the changes first")
  build()
  git("add", "--force", dist)
  const tree = git("write-tree")
  git("reset", "--quiet")
  const commit = git("commit-tree", tree, "-p", "HEAD", "-m", `Release: ${version}, with the built action`)
  git("tag", `v${version}`, commit)
  process.stdout.write(`v${version} is ${commit}: push it with git push origin v${version}\n`)
}

/** @param {string | undefined} name */
const check = (name) => {
  if (name !== `v${version}`) fail(`release: the tag ${name} is not the version ${version} of the packages`)
  build()
  if (git("status", "--porcelain", "--", dist) !== "" || git("ls-files", dist) === "") {
    fail(`release: ${dist} of the tag is not what the commit builds: make the tag with npm run release -- tag`)
  }
}

/** The part of the changelog that is about this version. @param {string} file */
const notes = (file) => {
  const log = join(root, "packages/client/CHANGELOG.md")
  const text = existsSync(log) ? readFileSync(log, "utf8") : ""
  const [, part] = text.split(/^## /m).filter((one, index) => index === 0 || one.startsWith(`${version}\n`))
  if (part === undefined) fail(`release: ${log} has no section ${version}: run npm run version`)
  writeFileSync(file, `${(part ?? "").slice(version.length).trim()}\n`)
}

const [command, argument = ""] = process.argv.slice(2)
if (isPlaceholder) fail("release: the packages have no address yet: set it in tools/address.mjs")
if (version === "0.0.0") fail("release: the packages have no version yet: run npm run version")
if (command === "tag") tag()
else if (command === "check") check(argument)
else if (command === "notes") notes(argument)
else fail("release: pass tag, check <tag> or notes <file>")
