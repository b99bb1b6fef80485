/** The action as the runner starts it: a process with its inputs in the environment, and the event in a file. */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as binary from "../../../cli/test/support/binary.ts"
import { folder } from "../../../cli/test/support/world.ts"
import { bot, type GitHub, repository } from "./github.ts"
import * as InProcess from "./inProcess.ts"

const program = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

export interface Result {
  /** The log, with the commands to the runner. */
  readonly log: string
  readonly summary: string
  readonly outputs: string
  /** A file of the run. */
  readonly file: (name: string) => string
  /** The folder of the run. */
  readonly folder: string
}

/** Returns the environment of each process of the command line that works on files of a folder, by process id. */
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

const workflows = { plan: "access-plan.yml", apply: "access-apply.yml", drift: "access-drift.yml" } as const

/** One step of a job that uses the action. */
export interface Step {
  readonly inputs: Readonly<Record<string, string>>
  readonly trigger: string
  readonly event: unknown
  readonly commit: string
  /** The full name of the branch or tag. */
  readonly ref?: string
  /** The file of the workflow. */
  readonly workflow: string
  readonly env?: Readonly<Record<string, string>>
  /** Called while it runs, in a process of its own. */
  readonly meanwhile?: (running: binary.Running) => Effect.Effect<void>
}

/** Runs a step in the folder of its job, beside the checkout `workspace`. */
export const step = (
  { url }: GitHub,
  folder: string,
  { commit, env = {}, event, inputs, meanwhile, ref = "refs/heads/main", trigger, workflow }: Step
) => {
  const at = (name: string) => join(folder, name)
  for (const name of ["summary", "output"]) writeFileSync(at(name), "")
  writeFileSync(at("event.json"), JSON.stringify(event ?? {}))
  const variables = {
    PATH: process.env["PATH"] ?? "",
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    GITHUB_WORKSPACE: at("workspace"),
    GITHUB_REPOSITORY: repository,
    GITHUB_API_URL: url,
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_EVENT_PATH: at("event.json"),
    GITHUB_EVENT_NAME: trigger,
    GITHUB_REF: ref,
    GITHUB_SHA: commit,
    GITHUB_RUN_ID: "42",
    GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/${workflow}@${ref}`,
    GITHUB_ACTOR: "octocat",
    GITHUB_STEP_SUMMARY: at("summary"),
    GITHUB_OUTPUT: at("output"),
    ...env
  }
  // Signals, and what is done to processes, need some.
  const outcome =
    meanwhile === undefined
      ? InProcess.run(variables)
      : Effect.gen(function* () {
          const running = yield* binary.start([], variables, { program, cwd: folder })
          yield* meanwhile(running)
          return yield* running.outcome
        })
  return Effect.map(outcome, (done) => ({
    ...done,
    summary: readFileSync(at("summary"), "utf8"),
    outputs: readFileSync(at("output"), "utf8")
  }))
}

/** Clones a branch, or another reference, with its whole history. */
export const checkout = ({ git }: GitHub, ref: string, workspace: string) => {
  rmSync(workspace, { recursive: true, force: true })
  const branch = ref.replace(/^refs\/(?:heads|tags)\//, "")
  execFileSync("git", ["clone", "-q", "--branch", branch, git.path, workspace], { stdio: "pipe" })
}

/** Adds a run that has ended. */
export const ended = ({ state }: GitHub, run: Omit<GitHub["state"]["runs"][number], "id">) =>
  state.runs.push({ ...run, id: state.runs.length + 1 })

export interface Job extends Partial<Omit<Step, "meanwhile">> {
  readonly command: keyof typeof workflows
  /** The pull request of `plan`. */
  readonly pull?: number
  /** Called while it runs. */
  readonly meanwhile?: (running: binary.Running, folder: string) => Effect.Effect<void>
}

/** The event of a pull request. */
export const eventOf = ({ state }: GitHub, number: number) => {
  const { base, from, head } = state.pulls.get(number) ?? assert.fail(`there is no pull request ${number}`)
  return { pull_request: { number, head: { sha: head, repo: { full_name: from } }, base: { ref: base } } }
}

/**
 * A runner with a folder of its own, in which several runs may follow each other. Each has a checkout of the main branch.
 * A run must end with the exit code, by default 0. Then `later` runs.
 */
export const runner = (hub: GitHub, later: Effect.Effect<unknown> = Effect.void) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const { path } = yield* folder
    const runFolder = join(path, "access")
    return (
      { command, inputs = {}, meanwhile, pull, ...given }: Job,
      expected = 0
    ): Effect.Effect<Result, never, Scope.Scope> =>
      Effect.gen(function* () {
        checkout(hub, "main", join(path, "workspace"))
        const made = {
          commit: hub.state.branches.get("main") ?? "",
          event: pull === undefined ? undefined : eventOf(hub, pull),
          trigger: command === "plan" ? "pull_request_target" : "push",
          workflow: workflows[command],
          ...given
        }
        const usual = {
          command,
          policy: "access/policy.yaml",
          "admin-key": "sk-admin-test",
          "github-token": "ghs_test",
          folder: runFolder,
          unmanaged: "false",
          author: bot.login,
          "api-url": baseUrl
        }
        const acts = meanwhile && { meanwhile: (running: binary.Running) => meanwhile(running, runFolder) }
        const outcome = step(hub, path, { ...made, ...acts, inputs: { ...usual, ...inputs } })
        const { code, outputs, stderr, stdout, summary } = yield* outcome
        assert.strictEqual(code, expected, `${summary}\n${stdout}${stderr}`)
        ended(hub, {
          path: `.github/workflows/${made.workflow}`,
          event: made.trigger,
          head_branch: "main",
          head_sha: made.commit,
          conclusion: code === 0 ? "success" : "failure"
        })
        yield* later
        const file = (name: string) =>
          existsSync(join(runFolder, name)) ? readFileSync(join(runFolder, name), "utf8") : ""
        return { log: stdout + stderr, summary, outputs, file, folder: runFolder }
      })
  })
