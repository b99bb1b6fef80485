/**
 * `npm run release -- tag`: commits the built action on top of the current commit, with workflows that name the version, and
 * tags it `v<version>`. The branch stays. Push the tag to release: the workflow `release` builds the same, compares, and
 * publishes.
 * `npm run release -- check <tag>`: checks the tag against the version and the built action, before anything else is run.
 * `npm run release -- notes <file>`: writes the changes of the version in all packages.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isPlaceholder, ownerAndName } from "../tools/address.mjs"
import { ensureInstalled, fail, root } from "./install.mjs"

/** The files of the action that a tag has and the main branch does not have. */
const dist = "packages/action/dist"
const workflows = ".github/workflows"

/** @param {ReadonlyArray<string>} args */
const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim()

const build = () => {
  ensureInstalled()
  rmSync(join(root, dist), { recursive: true, force: true })
  execFileSync("npm", ["run", "--silent", "build:action"], { cwd: root, stdio: "inherit" })
}

const { version } = JSON.parse(readFileSync(join(root, "packages/client/package.json"), "utf8"))

/** Names the version in the workflows of this repository, where the branch names its major version. */
const pinWorkflows = () => {
  for (const name of readdirSync(join(root, workflows))) {
    const file = join(root, workflows, name)
    const text = readFileSync(file, "utf8")
    writeFileSync(
      file,
      text.replaceAll(/(\buses: (\S+))@v\d+(\.\d+\.\d+)?(?=\s)/g, (all, used, name) =>
        name === ownerAndName ? `${used}@v${version}` : all
      )
    )
  }
}

const builtBy = "Built with Node "

const tag = () => {
  if (git("status", "--porcelain") !== "") fail("release: commit or remove the changes first")
  build()
  pinWorkflows()
  git("add", "--force", dist, workflows)
  const tree = git("write-tree")
  git("reset", "--quiet", "--hard")
  const message = `Release: ${version}, with the built action\n\n${builtBy}${process.version}`
  const commit = git("commit-tree", tree, "-p", "HEAD", "-m", message)
  git("tag", `v${version}`, commit)
  process.stdout.write(`v${version} is ${commit}: push it with git push origin v${version}\n`)
}

/** @param {string | undefined} name */
const check = (name) => {
  if (name !== `v${version}`) fail(`release: the tag ${name} is not the version ${version} of the packages`)
  build()
  pinWorkflows()
  if (git("status", "--porcelain", "--", dist, workflows) !== "" || git("ls-files", dist) === "") {
    const [, maker = "an unknown version"] = git("log", "-1", "--format=%B").split(builtBy)
    fail(
      `release: ${dist} or ${workflows} of the tag is not what Node ${process.version} makes of the commit. The tag was made with Node ${maker.trim()}: make it with npm run release -- tag`
    )
  }
}

/**
 * The changes of this version in all changelogs, each text once: below its kind, without the lines about dependencies.
 * @param {string} file
 */
const notes = (file) => {
  /** @type {Map<string, Set<string>>} */
  const kinds = new Map()
  for (const name of readdirSync(join(root, "packages"))) {
    const log = join(root, "packages", name, "CHANGELOG.md")
    const text = existsSync(log) ? readFileSync(log, "utf8") : ""
    const section = text.split(/^## /m).find((one) => one.startsWith(`${version}\n`)) ?? ""
    for (const part of section.split(/^### /m).slice(1)) {
      const [kind = "", ...lines] = part.trim().split("\n")
      const changes = lines.join("\n").split(/^(?=- )/m)
      const texts = changes.map((one) => one.trim().replace(/^- [0-9a-f]{7,40}: /, "- "))
      const known = kinds.get(kind) ?? new Set()
      for (const one of texts.filter((one) => one !== "" && !/^- Updated dependencies/.test(one))) known.add(one)
      kinds.set(kind, known)
    }
  }
  const parts = [...kinds].filter(([, texts]) => texts.size > 0).sort(([one], [other]) => (one < other ? -1 : 1))
  if (parts.length === 0) fail(`release: no changelog has a change in ${version}: run npm run version`)
  writeFileSync(file, parts.map(([kind, texts]) => `### ${kind}\n\n${[...texts].join("\n")}\n`).join("\n"))
}

const [command, argument = ""] = process.argv.slice(2)
if (isPlaceholder) fail("release: the packages have no address yet: set it in tools/address.mjs")
if (version === "0.0.0") fail("release: the packages have no version yet: run npm run version")
if (command === "tag") tag()
else if (command === "check") check(argument)
else if (command === "notes") notes(argument)
else fail("release: pass tag, check <tag> or notes <file>")
