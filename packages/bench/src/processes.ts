/** The processes of a measurement: the server and the contenders, all on the same Node. */
import { fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { build, effect4, output } from "./build.ts"
import { key } from "./contenders/contender.ts"
import type { Job, Sample } from "./process/job.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Dependencies outside this workspace: the Node that Effect 4's transport requires, and that transport. */
const outside = here("../../../node_modules/.runtimes/bench")
const platform = process.platform === "win32" ? "win" : process.platform
const node = join(outside, `node_modules/node-${platform}-${process.arch}/bin/node`)

export const versionOf = (name: string): string =>
  JSON.parse(readFileSync(here(`../node_modules/${name}/package.json`), "utf8")).version

/**
 * Installs missing dependencies from the npm registry, without install scripts, and bundles all programs. With another
 * checkout, it bundles the programs of that one too.
 */
export const prepare = async (checkout: string | undefined): Promise<void> => {
  if (!existsSync(node)) {
    const dependencies = {
      effect: versionOf("effect-4"),
      "@effect/platform-node": "^4.1.0",
      [`node-${platform}-${process.arch}`]: "22"
    }
    mkdirSync(outside, { recursive: true })
    writeFileSync(join(outside, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
    const args = ["install", "--prefix", outside, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    spawnSync("npm", args, { stdio: ["ignore", 2, 2], shell: process.platform === "win32" })
    if (!existsSync(node)) throw new Error("Node 22 could not be had from the npm registry for this platform")
  }
  await build(["process/server", "process/start", "process/worker"], output)
  await build(["process/worker"], outside, effect4)
  if (checkout === undefined) return
  const source = resolve(checkout, "packages/bench/src")
  await build(["process/worker"], `${output}/beside`, {}, source)
  await build(["process/worker"], `${outside}/beside`, effect4, source)
}

export interface Process {
  /** The address of a server. */
  readonly url: string
  readonly run: (job?: Job) => Promise<Sample>
  readonly close: () => void
}

/** Returns the path of a built program and its arguments. Programs for Effect 4 are beside their transport. */
const programOf = (program: "server" | "start" | "worker", name = ""): readonly [file: string, name: string] => {
  const folder = program === "worker" && name.endsWith("4") ? outside : output
  return name.startsWith("beside")
    ? [`${folder}/beside/${program}.mjs`, name.replace("beside", "ours")]
    : [`${folder}/${program}.mjs`, name]
}

/** Starts a process: the server, a contender by its name, or one that loads an application. */
export const start = async (program: "server" | "start" | "worker", name = "", url = ""): Promise<Process> => {
  const [file, ...args] = programOf(program, name)
  const child = fork(file, [...args, url], {
    execArgv: [],
    execPath: node,
    env: { ...process.env, OPENAI_ADMIN_KEY: key, OPENAI_API_KEY: key, OPENAI_BASE_URL: url },
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })
  const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`a process ended with ${code}`)))
  const answer = () => Promise.race([once(child, "message"), ended])
  const [ready]: ReadonlyArray<{ readonly url?: string }> = await answer()
  return {
    url: ready?.url ?? url,
    run: async (job) => {
      child.send(job ?? {})
      const [sample]: ReadonlyArray<Sample> = await answer()
      return sample ?? Promise.reject(new Error("a process answers nothing"))
    },
    close: () => child.disconnect()
  }
}
