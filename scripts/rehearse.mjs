/**
 * `npm run rehearse`: a release from a copy of this repository, with everything that a real one has but the addresses: the
 * version step, the checks, the packed packages in a registry on this machine, the tag with the built action. Then npm, pnpm
 * and Bun install what each README says, and run its first program; a newer `protocol` is installed beside an older client.
 * Changes that are not committed are left out. Needs the npm registry.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { isPlaceholder } from "../tools/address.mjs"
import { ensureInstalled, fail, root } from "./install.mjs"
import { emptyFolder, npmInstall } from "./outside.mjs"

const home = emptyFolder("rehearsal")
const clone = join(home, "clone")

/** Runs a command, which has to end with `expected`. @param {string} cwd @param {string} what @param {{ readonly expected?: number, readonly env?: Record<string, string> }} options @param {string} command @param {ReadonlyArray<string>} args */
const step = (cwd, what, { env = {}, expected = 0 }, command, ...args) => {
  process.stdout.write(`rehearse: ${what}\n`)
  const options = { cwd, encoding: /** @type {const} */ ("utf8"), env: { ...process.env, ...env }, timeout: 600_000 }
  const { status, stderr, stdout } = spawnSync(command, args, options)
  const output = `${stdout}${stderr}`
  if (status !== expected) throw new Error(`${what}: ${command} ${args.join(" ")} ended with ${status}\n${output}`)
  return output
}

/** Runs a script of the copy. @param {string} what @param {ReadonlyArray<string>} args */
const inClone = (what, ...args) => step(clone, what, {}, process.execPath, ...args)

const identity = {
  GIT_AUTHOR_NAME: "release",
  GIT_AUTHOR_EMAIL: "release@localhost",
  GIT_COMMITTER_NAME: "release",
  GIT_COMMITTER_EMAIL: "release@localhost"
}

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

/** Starts a registry on this machine, which gets all other packages from the one that npm uses. */
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
  const port = await freePort()
  const open = { access: "$all", publish: "$all" }
  const config = {
    storage: join(home, "registry"),
    uplinks: { npm: { url } },
    packages: { "@checkpoint-permissions/*": open, "**": { access: "$all", proxy: "npm" } },
    max_body_size: "50mb",
    log: { type: "stdout", level: "info" }
  }
  writeFileSync(join(home, "registry.yaml"), JSON.stringify(config))
  const server = spawn(
    process.execPath,
    [
      join(folder, "node_modules/verdaccio/bin/verdaccio"),
      "--config",
      join(home, "registry.yaml"),
      "--listen",
      `127.0.0.1:${port}`
    ],
    { stdio: ["ignore", "pipe", "inherit"] }
  )
  for await (const line of createInterface(server.stdout)) if (line.includes("http address")) break
  server.stdout.resume()
  return { server, address: `http://127.0.0.1:${port}/` }
}

/** The program of Bun, from the npm registry. */
const bun = () => {
  const folder = join(root, "node_modules/.runtimes/bun")
  mkdirSync(folder, { recursive: true })
  const find = () =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).find((file) =>
      /@oven[\\/]bun-[^\\/]+[\\/]bin[\\/]bun$/.test(file)
    )
  if (find() === undefined && !npmInstall(folder, { bun: "1" })) throw new Error("Bun could not be installed")
  return join(folder, find() ?? "")
}

/** The packages that a README installs, and its first program. @param {string} file */
const pageOf = (file) => {
  const text = readFileSync(join(clone, file), "utf8")
  const lines = [...text.matchAll(/^npm install (?!\.)(.*)$/gm)].map(([, words = ""]) => words.split(" "))
  const cells = [...text.matchAll(/`npm install ([^`]*)`/g)].map(([, words = ""]) => words.split(" "))
  const asked = [...lines, ...(lines.length === 0 ? cells.slice(0, 1) : [])]
    .flat()
    .filter((word) => /^[@a-z]/.test(word))
  return { file, asked, program: /^```ts (?:effect4 )?run$\n([\s\S]*?)^```$/m.exec(text)?.[1] }
}

/** @param {string} address @param {string} name @param {string} folder @param {ReadonlyArray<string>} asked */
const install = (address, name, folder, asked) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
  writeFileSync(join(folder, ".npmrc"), `registry=${address}\n`)
  // A package that was published a minute ago is too young for pnpm otherwise.
  writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify({ minimumReleaseAge: 0, strictDepBuilds: false }))
  const commands = {
    npm: ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"],
    pnpm: [process.execPath, join(root, "scripts/pnpm.mjs"), "--dir", folder, "add"],
    bun: [bun(), "add", "--no-progress"]
  }
  const [command = "", ...args] = Object.entries(commands).find(([one]) => one === name)?.[1] ?? []
  step(folder, `${name} adds ${asked.join(" ")}`, { env: { BUN_CONFIG_REGISTRY: address } }, command, ...args, ...asked)
}

/** @param {string} address */
const consumers = (address) => {
  const pages = ["README.md", ...packages.map((name) => `packages/${name}/README.md`)]
    .filter((file) => existsSync(join(clone, file)))
    .map(pageOf)
    .filter(({ asked }) => asked.some((word) => word.startsWith("@checkpoint-permissions/")))
  for (const manager of ["npm", "pnpm", "bun"]) {
    for (const { asked, file, program } of pages) {
      const folder = join(home, manager, file.replaceAll("/", "-"))
      const uses =
        program === undefined
          ? []
          : [...program.matchAll(/from "(@checkpoint-permissions\/\w+)/g)].map(([, name = ""]) => name)
      install(address, manager, folder, [...new Set([...asked, ...uses, "tsx@4"])])
      const [first = ""] = asked
      writeFileSync(join(folder, "main.mts"), program ?? `await import("${first.replace(/(?<=.)@.*$/, "")}")\n`)
      const [command = "", ...args] = manager === "bun" ? [bun(), "run"] : ["npx", "tsx"]
      step(folder, `${manager} runs the program of ${file}`, {}, command, ...args, "main.mts")
    }
  }
}

/** A version of `protocol` that an older client cannot use, as any patch may be, beside that client. @param {string} address @param {string} tarball */
const newerProtocol = (address, tarball) => {
  const folder = join(home, "newer")
  mkdirSync(folder)
  step(folder, "makes a newer protocol", {}, "tar", "-xzf", tarball)
  const manifest = join(folder, "package/package.json")
  const { version, ...rest } = JSON.parse(readFileSync(manifest, "utf8"))
  writeFileSync(manifest, JSON.stringify({ ...rest, version: version.replace(/\d+$/, "99") }))
  writeFileSync(join(folder, "package/dist/redaction.js"), "export const renamed = true\n")
  publish(address, join(folder, "package"))
  const { asked, program } = pageOf("README.md")
  const application = join(home, "older-client")
  install(address, "npm", application, [
    ...asked,
    "@checkpoint-permissions/testing",
    "@checkpoint-permissions/protocol",
    "tsx@4"
  ])
  writeFileSync(join(application, "main.mts"), program ?? "")
  step(application, "an older client runs beside the newer protocol", {}, "npx", "tsx", "main.mts")
}

/** @param {string} address @param {string} target */
const publish = (address, target) => {
  const host = address.replace(/^http:/, "")
  writeFileSync(join(home, "publish.npmrc"), `registry=${address}\n${host}:_authToken=rehearsal\n`)
  const args = [
    "publish",
    target,
    "--access",
    "public",
    "--userconfig",
    join(home, "publish.npmrc"),
    "--registry",
    address
  ]
  step(home, `publishes ${target.slice(home.length + 1)}`, {}, "npm", ...args)
}

/** The action as a workflow gets it: the files of a tag, in a bare repository. @param {string} version */
const action = (version) => {
  const origin = join(home, "origin.git")
  step(clone, "makes the tag", { env: identity }, process.execPath, "scripts/release.mjs", "tag")
  step(home, "makes a bare repository", {}, "git", "clone", "--quiet", "--bare", clone, origin)
  const tag = join(home, "tag")
  step(
    home,
    "gets the tag",
    {},
    "git",
    "clone",
    "--quiet",
    "--depth",
    "1",
    "--branch",
    `v${version}`,
    `file://${origin}`,
    tag
  )
  const main = /^ {2}main: (.*)$/m.exec(readFileSync(join(tag, "action.yml"), "utf8"))?.[1] ?? ""
  const dist = join(tag, main, "..")
  for (const file of ["LICENSES.txt", "checkpoint-permissions.js"]) {
    if (!existsSync(join(dist, file))) throw new Error(`the tag has no ${file} beside ${main}`)
  }
  const named = step(
    dist,
    "runs the command line of the tag",
    {},
    process.execPath,
    "checkpoint-permissions.js",
    "version"
  )
  if (!named.includes(version)) throw new Error(`the command line of the tag is ${named}`)
  const summary = join(home, "summary.md")
  writeFileSync(summary, "")
  const env = { INPUT_COMMAND: "nothing", GITHUB_STEP_SUMMARY: summary, GITHUB_REPOSITORY: "acme/access" }
  const output = step(tag, "runs the action of the tag", { env, expected: 2 }, process.execPath, main)
  if (!output.includes("pass one of plan, apply, drift")) throw new Error(`the action of the tag printed\n${output}`)
}

/** @type {import("node:child_process").ChildProcess | undefined} */
let server
let problem
try {
  ensureInstalled()
  step(home, "copies the repository", {}, "git", "clone", "--quiet", root, clone)
  // A history of its own: without the tag of a release, and whole where the repository is a shallow clone.
  rmSync(join(clone, ".git"), { recursive: true })
  step(clone, "begins a history", {}, "git", "init", "--quiet", "--initial-branch=main")
  commit("Copy")
  inClone("installs", "scripts/pnpm.mjs", "install", "--frozen-lockfile", "--prefer-offline", "--reporter=silent")
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
  writeFileSync(
    join(clone, ".changeset/rehearsal.md"),
    '---\n"@checkpoint-permissions/client": patch\n---\n\nRehearsal of a release.\n'
  )
  commit("Changeset")
  inClone("makes the version", "scripts/version.mjs")
  commit("Version")
  const { version } = JSON.parse(readFileSync(join(clone, "packages/client/package.json"), "utf8"))
  const tarballs = join(home, "tarballs")
  inClone("packs and checks", "scripts/pack.mjs", "--check", tarballs)
  inClone("writes the notes", "scripts/release.mjs", "notes", join(home, "notes.md"))
  if (!/rehearsal of a release/i.test(readFileSync(join(home, "notes.md"), "utf8")))
    throw new Error("the notes have no changelog")
  const local = await registry()
  server = local.server
  const tarballOf = (/** @type {string} */ name) => join(tarballs, `checkpoint-permissions-${name}-${version}.tgz`)
  for (const name of packages) publish(local.address, tarballOf(name))
  consumers(local.address)
  newerProtocol(local.address, tarballOf("protocol"))
  action(version)
  process.stdout.write(`rehearse: ${version} was released, installed and run.\n`)
} catch (error) {
  problem = error instanceof Error ? error.message : String(error)
}
server?.kill()
rmSync(home, { recursive: true, force: true })
if (problem !== undefined) fail(`rehearse: ${problem}`)
