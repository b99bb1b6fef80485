/** The action as the runner starts it: a process with its inputs in the environment, and the event in a file. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Emulator } from "@checkpoint-permissions/testing"
import { Effect, type Scope } from "effect"
import * as binary from "../../../cli/test/support/binary.ts"
import { folder } from "../../../cli/test/support/world.ts"
import { type GitHub, repository } from "./github.ts"

const program = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

export interface Result {
  readonly code: number
  /** What the runner sees: the log, and the commands in it. */
  readonly log: string
  readonly summary: string
  readonly outputs: string
  /** A file of the run. */
  readonly file: (name: string) => string
  /** The folder of the run. */
  readonly folder: string
}

/** The command line at work on the files of a folder: what it sees of the environment, by the number of its process. */
export const commandsOn = (path: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const of = (pid: string, what: string): ReadonlyArray<string> => {
    try {
      return readFileSync(`/proc/${pid}/${what}`, "utf8").split("\0").filter(Boolean)
    } catch {
      // it has ended
      return []
    }
  }
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  const working = numbers.filter((pid) => of(pid, "cmdline").some((argument) => argument.startsWith(path)))
  return new Map(working.map((pid) => [pid, of(pid, "environ")]))
}

/** A runner with a folder of its own, in which several runs may follow each other. */
export const runner = (
  github: GitHub
): Effect.Effect<
  (
    inputs: Readonly<Record<string, string>>,
    run?: {
      readonly commit?: string
      readonly event?: unknown
      readonly env?: Readonly<Record<string, string>>
      /** What happens while it runs. */
      readonly meanwhile?: (running: binary.Running, folder: string) => Effect.Effect<void>
    }
  ) => Effect.Effect<Result, never, Scope.Scope>,
  never,
  Scope.Scope | Emulator.Emulator
> =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const { path } = yield* folder
    const runFolder = join(path, "access")
    mkdirSync(runFolder)
    const at = (name: string) => join(path, name)
    const read = (name: string) => (existsSync(name) ? readFileSync(name, "utf8") : "")
    return (inputs, { commit = "base", env: more = {}, event = {}, meanwhile = () => Effect.void } = {}) =>
      Effect.gen(function* () {
        for (const name of ["summary", "output"]) writeFileSync(at(name), "")
        writeFileSync(at("event.json"), JSON.stringify(event))
        const given = {
          policy: "access/policy.yaml",
          "admin-key": "sk-admin-test",
          "github-token": "ghs_test",
          folder: runFolder,
          reviewed: "true",
          "api-url": baseUrl,
          ...inputs
        }
        const env = {
          ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
          GITHUB_REPOSITORY: repository,
          GITHUB_API_URL: github.url,
          GITHUB_SERVER_URL: "https://github.com",
          GITHUB_EVENT_PATH: at("event.json"),
          GITHUB_SHA: commit,
          GITHUB_RUN_ID: "42",
          GITHUB_ACTOR: "octocat",
          GITHUB_STEP_SUMMARY: at("summary"),
          GITHUB_OUTPUT: at("output"),
          ...more
        }
        const running = yield* binary.start([], env, { program, cwd: path })
        yield* meanwhile(running, runFolder)
        const { code, stderr, stdout } = yield* running.outcome
        return {
          code,
          log: stdout + stderr,
          summary: read(at("summary")),
          outputs: read(at("output")),
          file: (name) => read(join(runFolder, name)),
          folder: runFolder
        }
      })
  })

export const pullRequest = (head: string, from = repository) => ({
  pull_request: { number: 7, head: { sha: head, repo: { full_name: from } } }
})
