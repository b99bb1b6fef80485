/**
 * Runs `npm start`, `npm test`, `npm run test:all`, `test:watch`, `test:endurance`, `cli` and `docs`. Installs first if
 * needed. Arguments are passed through.
 */
import { spawn } from "node:child_process"
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { ensureInstalled, fail, root } from "./install.mjs"

const [task = "", ...args] = process.argv.slice(2)

/**
 * The command line, in this very process: signals, exit code and streams are its own.
 * @param {ReadonlyArray<string>} args
 */
const cli = async (args) => {
  const bin = join(root, "packages/cli/src/bin.ts")
  // Paths among the arguments are relative to where npm was called, not to the clone.
  const { INIT_CWD: calledFrom, npm_lifecycle_event: byNpm } = process.env
  if (byNpm !== undefined && calledFrom !== undefined) process.chdir(calledFrom)
  process.argv.splice(1, process.argv.length, bin, ...args)
  process.env["TSX_TSCONFIG_PATH"] = join(root, "tsconfig.base.json")
  await import("tsx")
  await import(pathToFileURL(bin).href)
}

/**
 * Tests, in an environment in which nothing connects to any address but loopback, and any attempt to is a failure.
 * @param {ReadonlyArray<string>} args
 * @param {ReadonlyArray<string>} preloads besides that of the loopback
 * @param {Record<string, string>} env
 * @param {"run" | "watch"} mode
 */
const test = (args, preloads = ["code-cache.mjs"], env = {}, mode = "run") => {
  const scratch = mkdtempSync(join(tmpdir(), "checkpoint-permissions-test-"))
  const log = join(scratch, "refused")
  // A test may start a process of another user, who can enter this folder where the clone may be out of reach.
  chmodSync(scratch, 0o755)
  const imports = ["loopback-only.mjs", ...preloads].map((name) => {
    const copy = join(scratch, name)
    copyFileSync(fileURLToPath(new URL(name, import.meta.url)), copy)
    chmodSync(copy, 0o644)
    return `--import=${pathToFileURL(copy).href}`
  })
  writeFileSync(log, "")
  chmodSync(log, 0o666)
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const child = spawn(process.execPath, [vitest, mode, ...args], {
    cwd: root,
    stdio: "inherit",
    // A group, so that a signal reaches the processes of tests too. `watch` reads the terminal, which the group could not.
    detached: mode === "run",
    env: {
      ...process.env,
      ...env,
      NODE_OPTIONS: [process.env["NODE_OPTIONS"], ...imports].filter(Boolean).join(" ")
    }
  })
  const signalAll = (/** @type {NodeJS.Signals} */ signal) => {
    if (mode === "watch" || child.pid === undefined) return child.kill(signal)
    try {
      process.kill(-child.pid, signal)
    } catch {
      // all of them have ended
    }
  }
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => signalAll(signal))
  }
  child.on("exit", (code, signal) => {
    signalAll("SIGKILL")
    const refused = readFileSync(log, "utf8")
    rmSync(scratch, { recursive: true, force: true })
    if (refused !== "") fail(`Tests connect to loopback only; these were refused:\n${refused.trimEnd()}`)
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal])
  })
}

/**
 * The files of a folder that have tests of the endurance run alone.
 * @param {string} folder
 */
const longer = (folder) =>
  readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}`)
    .filter((file) => file.endsWith(".test.ts") && /^ +endurance\(/m.test(readFileSync(join(root, file), "utf8")))

// npm hands signals to its shell, which dies without a word to this process. (`cli` does without the shell:
// its script begins with exec. Where there is no exec, call this file.)
const parent = process.ppid
setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGTERM"), 200).unref()

// Files that are named are run instead of all.
const isNamed = args.some((arg) => !arg.startsWith("-"))

ensureInstalled()
if (task === "install") process.exit()
if (task === "demo") await cli(["demo", ...args])
else if (task === "cli") await cli(args)
else if (task === "test" && !isNamed) test(["--exclude=**/*.process.test.ts", ...args], ["in-process.mjs"])
else if (task === "test" || task === "all") test(args)
else if (task === "processes") test([".process.test.ts", ...args])
else if (task === "watch") test(args, [], {}, "watch")
// The limits of memory in the endurance run are for a program that compiles what it calls.
else if (task === "endurance")
  test(isNamed ? args : [".endurance.", ...longer("packages/action/test"), ...args], [], {
    ENDURANCE: process.env["ENDURANCE"] ?? "all"
  })
else
  fail(
    `Usage: node scripts/run.mjs demo|test|all|processes|watch|endurance|cli|install [arguments]; ${JSON.stringify(task)} is none of them.`
  )
