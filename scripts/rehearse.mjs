/**
 * `npm run rehearse`: a release from a copy of this repository, with everything that a real one has but the addresses: the
 * version step, the checks, the packed packages in a registry on this machine, the tag with the built action, checked on
 * another Node, and the last job of the workflow. Then each block of the first pages is run in its order, in an empty folder.
 * `--all` also runs them with pnpm and Bun, those of the other pages, and the suites in the released copy. Changes that are not
 * committed are left out. Needs the npm registry.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { delimiter, dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { forEffect4 } from "../docs/versions.ts"
import { isPlaceholder } from "../tools/address.mjs"
import { ensureInstalled, fail, root } from "./install.mjs"
import { bun, emptyFolder, nodeOf, runtime } from "./outside.mjs"

const isAll = process.argv.includes("--all")
const home = emptyFolder("rehearsal")
const clone = join(home, "clone")

/** Runs a command, which has to end with `expected`. @param {string} cwd @param {string} what @param {{ readonly expected?: number, readonly env?: Record<string, string> }} options @param {string} command @param {ReadonlyArray<string>} args */
const step = (cwd, what, { env = {}, expected = 0 }, command, ...args) => {
  process.stdout.write(`rehearse: ${what}\n`)
  const options = { cwd, encoding: /** @type {const} */ ("utf8"), env: { ...process.env, ...env }, timeout: 900_000 }
  const { status, stderr, stdout } = spawnSync(command, args, options)
  const output = `${stdout}${stderr}`
  if (status !== expected) throw new Error(`${what}: ${command} ${args.join(" ")} ended with ${status}\n${output}`)
  return output
}

/** Runs a script of the copy. @param {string} what @param {ReadonlyArray<string>} args */
const inClone = (what, ...args) => step(clone, what, {}, process.execPath, ...args)

const identity = Object.fromEntries(
  ["AUTHOR", "COMMITTER"].flatMap((who) => [
    [`GIT_${who}_NAME`, "release"],
    [`GIT_${who}_EMAIL`, "release@localhost"]
  ])
)

/** @param {string} message */
const commit = (message) => {
  step(clone, message, {}, "git", "add", "--all")
  step(clone, message, { env: identity }, "git", "commit", "--quiet", "--allow-empty", "--message", message)
}

/** The order of `.github/workflows/release.yml`. */
const packages = ["protocol", "fake", "core", "client", "testing", "access", "effect4", "cli"]

/** A port that is free now. */
const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" && address !== null ? address.port : 0
}

/**
 * Starts a registry on this machine, which gets all other packages from the one that npm uses. It stops with its standard
 * input, so also if this process is killed.
 */
const registry = async () => {
  const folder = join(root, "node_modules/.rehearsal")
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, "node_modules/verdaccio"))) {
    // The newest that runs on Node 20. It asks for a version of node-fetch by a tag that not every registry has.
    const manifest = { private: true, dependencies: { verdaccio: "6.8.0" }, overrides: { "node-fetch": "2.7.0" } }
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
    step(folder, "installs a registry", {}, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
  }
  const url = step(root, "asks npm for its registry", {}, "npm", "config", "get", "registry").trim()
  const address = `http://127.0.0.1:${await freePort()}/`
  const open = { access: "$all", publish: "$all" }
  const config = {
    storage: join(home, "registry"),
    uplinks: { npm: { url } },
    packages: { "@checkpoint-permissions/*": open, "**": { access: "$all", proxy: "npm" } },
    max_body_size: "50mb",
    log: { type: "stdout", level: "info" }
  }
  writeFileSync(join(home, "registry.yaml"), JSON.stringify(config))
  const program = join(folder, "node_modules/verdaccio/bin/verdaccio")
  const args = [process.execPath, program, "--config", join(home, "registry.yaml"), "--listen", new URL(address).host]
  const server = spawn("sh", ["-c", '"$@" < /dev/null & exec > /dev/null; cat; kill $!', "sh", ...args], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  for await (const line of createInterface(server.stdout)) if (line.includes("http address")) break
  server.stdout.resume()
  return { server, address }
}

/**
 * The blocks of a page that are run, in their order, as one script of a shell: commands, files, and programs. Commands for the
 * other version of Effect are left out, and those that the fence gives another place.
 * @param {string} page @param {"effect3" | "effect4"} line
 */
const scriptOf = (page, line) => {
  const ours = (/** @type {string} */ code) => code.includes("npm install @checkpoint-permissions/")
  /** @param {string} code @param {string} file */
  const file = (code, file) => `mkdir -p "$(dirname ${file})"\ncat > ${file} <<'END_OF_FILE'\n${code}END_OF_FILE\n`
  const blocks = Array.from(page.matchAll(/^( *)```(\S+) ?(.*)\n([\s\S]*?)^\1```$/gm))
  return blocks.flatMap(([, indent = "", language = "", info = "", indented = ""], index) => {
    const code = indented.replaceAll(new RegExp(`^${indent}`, "gm"), "")
    if (language === "sh" && info === "") {
      return ours(code) && code.includes("/effect4 ") !== (line === "effect4") ? [] : [code]
    }
    if (language === "console") {
      // The commands, and the first line that each prints, without what is in brackets, such as the time.
      return Array.from(code.matchAll(/^\$ (.*)\n(?!\$)(.+)?/gm), ([, command = "", printed = ""]) =>
        [
          `{ ${command}; } > printed 2>&1 || true`,
          `grep -qF -- '${printed.split(" (")[0]}' printed || { cat printed; exit 1; }\n`
        ].join("\n")
      )
    }
    const [, version = "effect3", use] = /^(?:(effect4|both) )?(run|test)$/.exec(info) ?? []
    if (language === "ts") {
      if (use === undefined || (version !== "both" && version !== line)) return []
      const name = use === "run" ? "main.mts" : `page-${index}.test.ts`
      const run =
        use === "run" ? `npx --no-install tsx ${name}` : `npx --no-install vitest run --testTimeout=60000 ${name}`
      return [file(line === "effect4" ? forEffect4(code) : code, name), `${run}\n`]
    }
    return /^[\w./-]+\.\w+$/.test(info) ? [file(code, info)] : []
  })
}

/** The words of npm in a script, for another package manager. @param {string} script @param {string} manager */
const translated = (script, manager) =>
  manager === "npm"
    ? script
    : script.replaceAll(
        /^npm install( --save-dev)?( .*)?$/gm,
        (_, dev = "", rest = "") => `${manager} ${rest === "" ? "install" : "add"}${dev && " -D"}${rest}`
      )

/** Runs a script in an empty folder, with the registry and nothing else. @param {string} address @param {string} what @param {string} manager @param {string} script @param {string} from */
const follow = (address, what, manager, script, from = "") => {
  const around = join(home, manager, what.replaceAll(/\W+/g, "-"))
  const folder = join(around, "empty")
  if (from === "") mkdirSync(folder, { recursive: true })
  else cpSync(from, folder, { recursive: true })
  writeFileSync(join(around, ".npmrc"), `registry=${address}\n`)
  // A package that was published a minute ago is too young for pnpm otherwise.
  const settings = { packages: ["**"], minimumReleaseAge: 0, strictDepBuilds: false }
  writeFileSync(join(around, "pnpm-workspace.yaml"), JSON.stringify(settings))
  const programs = join(home, "programs")
  const env = {
    BUN_CONFIG_REGISTRY: address,
    npm_config_registry: address,
    npm_config_yes: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    PATH: `${programs}${delimiter}${process.env["PATH"]}`
  }
  return step(folder, `${what}, with ${manager}`, { env }, "sh", "-ec", translated(script, manager))
}

/** The pages that a new user follows, and what of them runs. @param {string} address */
const pages = (address) => {
  const pagesOf = (/** @type {ReadonlyArray<string>} */ names) =>
    names.map((name) => /** @type {const} */ ([name, readFileSync(join(clone, name), "utf8")]))
  const first = pagesOf(["README.md", "docs/quick-start.md", "docs/access-as-code.md", "packages/cli/README.md"])
  const readmes = packages.filter((name) => name !== "cli").map((name) => `packages/${name}/README.md`)
  const guides = ["in-an-application", "testing-your-application"].map((name) => `docs/${name}.md`)
  for (const manager of isAll ? ["npm", "pnpm", "bun"] : ["npm"]) {
    for (const [name, page] of [...first, ...(isAll ? pagesOf([...readmes, ...guides]) : [])]) {
      follow(address, name, manager, scriptOf(page, "effect3").join(""))
    }
    const [[name, page] = ["", ""]] = pagesOf(["packages/effect4/README.md"])
    follow(address, `${name} on Effect 4`, manager, scriptOf(page, "effect4").join(""))
    const example = join(clone, "examples/access-service")
    const [block = ""] = scriptOf(readFileSync(join(example, "README.md"), "utf8"), "effect3")
    follow(address, "examples/access-service", manager, block, example)
  }
}

/** The programs that the pages call by name. */
const programs = () => {
  const folder = join(home, "programs")
  mkdirSync(folder)
  const pnpm = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "scripts/pnpm.mjs")}" --dir "$PWD" "$@"\n`
  writeFileSync(join(folder, "pnpm"), pnpm)
  chmodSync(join(folder, "pnpm"), 0o755)
  if (isAll) symlinkSync(runtime(...bun) ?? "", join(folder, "bun"))
}

/** @param {string} address @param {string} target */
const publish = (address, target) => {
  const settings = join(home, "publish.npmrc")
  writeFileSync(settings, `registry=${address}\n${address.replace(/^http:/, "")}:_authToken=rehearsal\n`)
  const args = ["--access", "public", "--userconfig", settings, "--registry", address]
  step(home, `publishes ${target.slice(home.length + 1)}`, {}, "npm", "publish", target, ...args)
}

/** The last job of the workflow, in the copy of the tag. The host refuses to change the tags of versions. @param {string} tag @param {string} version */
const lastJob = (tag, version) => {
  const workflow = readFileSync(join(tag, ".github/workflows/release.yml"), "utf8")
  const script = workflow.slice(workflow.lastIndexOf("run: |\n") + 7).replaceAll(/^ {10}/gm, "")
  const hook = join(home, "origin.git/hooks/update")
  const releases = join(home, "releases")
  writeFileSync(releases, "")
  const gh = join(home, "programs/gh")
  writeFileSync(
    gh,
    `#!/bin/sh\n[ "$2" = view ] && { grep -qx "$3" "${releases}"; exit; }\necho "$3" >> "${releases}"\n`
  )
  chmodSync(gh, 0o755)
  const PATH = `${dirname(gh)}${delimiter}${process.env["PATH"]}`
  const env = { PATH, VERSION: `v${version}`, RUNNER_TEMP: home, GH_TOKEN: "" }
  const rule = (/** @type {string} */ pattern) => {
    writeFileSync(hook, `#!/bin/sh\ncase "$1" in ${pattern}) exit 1;; esac\n`)
    chmodSync(hook, 0o755)
  }
  rule("*")
  const job = /** @type {const} */ (["bash", "-ec", script])
  const refused = step(tag, "is not allowed to move the tag of the major version", { env, expected: 1 }, ...job)
  if (!refused.includes("git push --force origin")) throw new Error(`the last job printed\n${refused}`)
  rule("refs/heads/*|refs/tags/v*.*.*")
  for (const what of ["runs the last job", "repeats the last job"]) step(tag, what, { env }, ...job)
  const major = `v${version.split(".")[0]}`
  const [one, other] = [major, `v${version}`].map((name) =>
    step(tag, `finds ${name}`, {}, "git", "ls-remote", "origin", `refs/tags/${name}`)
  )
  if (one?.slice(0, 40) !== other?.slice(0, 40)) throw new Error(`two commits: ${one}${other}`)
  if (readFileSync(releases, "utf8") !== `v${version}\n`) throw new Error("the last job made no release, or two")
}

/** The action as a workflow gets it: the files of a tag, in a bare repository. @param {string} version */
const action = (version) => {
  const origin = join(home, "origin.git")
  step(clone, "makes the tag", { env: identity }, process.execPath, "scripts/release.mjs", "tag")
  step(home, "makes a bare repository", {}, "git", "clone", "--quiet", "--bare", clone, origin)
  const tag = join(home, "tag")
  const from = ["--depth", "1", "--branch", `v${version}`, `file://${origin}`]
  step(home, "gets the tag", {}, "git", "clone", "--quiet", ...from, tag)
  const main = /^ {2}main: (.*)$/m.exec(readFileSync(join(tag, "action.yml"), "utf8"))?.[1] ?? ""
  const dist = join(tag, main, "..")
  for (const file of ["LICENSES.txt", "checkpoint-permissions.js"]) {
    if (!existsSync(join(dist, file))) throw new Error(`the tag has no ${file} beside ${main}`)
  }
  const program = [process.execPath, "checkpoint-permissions.js", "version"]
  const named = step(dist, "runs the command line of the tag", {}, ...program)
  if (!named.includes(version)) throw new Error(`the command line of the tag is ${named}`)
  const summary = join(home, "summary.md")
  writeFileSync(summary, "")
  const env = { INPUT_COMMAND: "nothing", GITHUB_STEP_SUMMARY: summary, GITHUB_REPOSITORY: "acme/access" }
  const output = step(tag, "runs the action of the tag", { env, expected: 2 }, process.execPath, main)
  if (!output.includes("pass plan, apply or drift")) throw new Error(`the action of the tag printed\n${output}`)
  const plan = readFileSync(join(tag, ".github/workflows/access-plan.yml"), "utf8")
  const refs = Array.from(plan.matchAll(/\buses: \S+@(v\d\S*)/g), ([, ref]) => ref)
  if (!refs.includes(`v${version}`)) throw new Error(`not pinned:\n${plan}`)
  lastJob(tag, version)
  step(clone, "becomes the tag", {}, "git", "checkout", "--quiet", `v${version}`)
  const other = runtime(...nodeOf(process.version.startsWith("v24.") ? 22 : 24)) ?? ""
  const PATH = `${dirname(other)}${delimiter}${process.env["PATH"]}`
  step(clone, "checks the tag on another Node", { env: { PATH } }, other, "scripts/release.mjs", "check", `v${version}`)
}

/** @type {{ readonly server: import("node:child_process").ChildProcess, readonly address: string } | undefined} */
let local
let problem
try {
  ensureInstalled()
  step(home, "copies the repository", {}, "git", "clone", "--quiet", root, clone)
  // A history of its own: without the tag of a release, and whole where the repository is a shallow clone.
  rmSync(join(clone, ".git"), { recursive: true })
  step(clone, "begins a history", {}, "git", "init", "--quiet", "--initial-branch=main")
  commit("Copy")
  inClone("installs", "scripts/run.mjs", "install")
  if (isPlaceholder) {
    const refused = step(clone, "refuses placeholders", { expected: 1 }, process.execPath, "scripts/release.mjs", "tag")
    if (!refused.includes("tools/address.mjs")) throw new Error(`placeholders were to be refused\n${refused}`)
  }
  const address = join(clone, "tools/address.mjs")
  writeFileSync(
    address,
    readFileSync(address, "utf8")
      .replace('"owner.example/checkpoint-permissions"', '"acme/checkpoint-permissions"')
      .replace("https://code.example/", "https://github.com/")
      .replace("https://checkpoint-permissions.example/", "https://acme.github.io/checkpoint-permissions/")
  )
  inClone("writes the addresses", "--import", "tsx", "scripts/manifests.mjs")
  commit("Address")
  for (const name of ["access", "client"]) {
    const text = `---\n"@checkpoint-permissions/${name}": patch\n---\n\nRehearsal of a release of ${name}.\n`
    writeFileSync(join(clone, `.changeset/${name}.md`), text)
  }
  commit("Changesets")
  const isFirst = existsSync(join(clone, ".changeset/first-release.md"))
  inClone("makes the version", "scripts/version.mjs")
  commit("Version")
  const { version } = JSON.parse(readFileSync(join(clone, "packages/client/package.json"), "utf8"))
  const tarballs = join(home, "tarballs")
  inClone("packs and checks", "scripts/pack.mjs", "--check", tarballs)
  mkdirSync(join(home, "release"))
  const notes = join(home, "release/notes.md")
  inClone("writes the notes", "scripts/release.mjs", "notes", notes)
  for (const text of [...(isFirst ? ["First release."] : []), "release of access.", "release of client."]) {
    if (readFileSync(notes, "utf8").split(text).length !== 2) throw new Error(`the notes have ${text} not once`)
  }
  programs()
  action(version)
  local = await registry()
  const tarballOf = (/** @type {string} */ name) => join(tarballs, `checkpoint-permissions-${name}-${version}.tgz`)
  for (const name of packages) publish(local.address, tarballOf(name))
  pages(local.address)
  if (isAll) {
    const suites = ["docs", "site", "action"].map((name) => `--project=${name}`)
    inClone("runs the suites of the released copy", "scripts/run.mjs", "all", ...suites)
  }
  process.stdout.write(`rehearse: ${version} was released, installed and run.\n`)
} catch (error) {
  problem = error instanceof Error ? error.message : String(error)
}
if (local !== undefined) {
  const ended = once(local.server, "close")
  local.server.stdin?.end()
  await ended
  if (await fetch(local.address).then(Boolean, () => false)) problem ??= "the registry is still running"
}
rmSync(home, { recursive: true, force: true })
if (problem !== undefined) fail(`rehearse: ${problem}`)
