/** The action as the runner starts it: a process with its inputs in the environment, and the event in a file. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Emulator } from "@checkpoint-permissions/testing"
import { Effect, type Scope } from "effect"
import { strToU8, zipSync } from "fflate"
import * as binary from "../../../cli/test/support/binary.ts"
import { exits } from "../../../cli/test/support/inProcess.ts"
import { folder } from "../../../cli/test/support/world.ts"
import { type Artifact, bot, type GitHub, repository } from "./github.ts"
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

export interface Job {
  readonly command: keyof typeof workflows
  /** Inputs of the action besides the usual ones. */
  readonly inputs?: Readonly<Record<string, string>>
  /** The pull request of `plan`. */
  readonly pull?: number
  /** The event, if it is not that of `pull`. */
  readonly event?: unknown
  /** The name of the event, if it is not a push, or the event of a pull request. */
  readonly trigger?: string
  /** The commit; the tip of the main branch by default. */
  readonly commit?: string
  /** The file of the workflow, if it is not that of the command. */
  readonly workflow?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called while it runs. */
  readonly meanwhile?: (running: binary.Running, folder: string) => Effect.Effect<void>
}

/**
 * A runner with a folder of its own, in which several runs may follow each other. As the workflows do, it keeps plans and
 * records as artifacts. GitHub has each run with its conclusion. A run must end with the exit code, by default 0.
 */
export const runner = ({
  state,
  url
}: GitHub): Effect.Effect<
  (job: Job, code?: number) => Effect.Effect<Result, never, Scope.Scope>,
  never,
  Scope.Scope | Emulator.Emulator
> =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const { path } = yield* folder
    const at = (name: string) => join(path, name)
    const runFolder = at("access")
    const read = (name: string) => (existsSync(name) ? readFileSync(name, "utf8") : "")
    return (
      {
        command,
        commit = state.branches.get("main") ?? "",
        env = {},
        event: given,
        inputs = {},
        meanwhile,
        pull,
        trigger = command === "plan" ? "pull_request_target" : "push",
        workflow = workflows[command]
      },
      expected = 0
    ) =>
      Effect.gen(function* () {
        for (const name of ["summary", "output"]) writeFileSync(at(name), "")
        const request = pull === undefined ? undefined : state.pulls.get(pull)
        const event =
          given ??
          (request && {
            pull_request: {
              number: pull,
              head: { sha: request.head, repo: { full_name: request.from } },
              base: { ref: request.base }
            }
          })
        writeFileSync(at("event.json"), JSON.stringify(event ?? {}))
        const all = {
          command,
          policy: "access/policy.yaml",
          "admin-key": "sk-admin-test",
          "github-token": "ghs_test",
          folder: runFolder,
          everything: "false",
          unmanaged: "false",
          "plan-workflow": workflows.plan,
          author: bot.login,
          "api-url": baseUrl,
          ...inputs
        }
        const variables = {
          ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
          GITHUB_REPOSITORY: repository,
          GITHUB_API_URL: url,
          GITHUB_SERVER_URL: "https://github.com",
          GITHUB_EVENT_PATH: at("event.json"),
          GITHUB_EVENT_NAME: trigger,
          GITHUB_REF: "refs/heads/main",
          GITHUB_SHA: commit,
          GITHUB_RUN_ID: "42",
          GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/${workflow}@refs/heads/main`,
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
                const running = yield* binary.start([], variables, { program, cwd: path })
                yield* meanwhile(running, runFolder)
                return yield* running.outcome
              })
        const { code, stderr, stdout } = yield* exits(expected, outcome)
        const run = {
          id: state.runs.length + 1,
          path: `.github/workflows/${workflow}`,
          event: trigger,
          head_branch: "main",
          head_sha: commit,
          conclusion: code === 0 ? "success" : "failure"
        }
        state.runs.push(run)
        const outputs = read(at("output"))
        const file = (name: string) => read(join(runFolder, name))
        for (const [output, kept] of [
          ["artifact", "plan.json"],
          ["record", "applied.json"]
        ] as const) {
          const [, name] = new RegExp(`^${output}<<.*\n(.*)$`, "m").exec(outputs) ?? []
          const text = file(kept)
          const add = (...of: readonly [text: string, file: string]) =>
            state.artifacts.push(artifact(state.artifacts.length + 1, name ?? "", run.id, ...of))
          if (name !== undefined && text !== "") add(text, kept)
          else if (name !== undefined && output === "artifact") add(file("comment.md"), "comment.md")
        }
        return { log: stdout + stderr, summary: read(at("summary")), outputs, file, folder: runFolder }
      })
  })

/** Returns the artifact of a file, beside a file that cannot be inflated. */
export const artifact = (id: number, name: string, run: number, text: string, file = "plan.json"): Artifact => {
  const zip = zipSync({ [file]: strToU8(text), "plan.md": strToU8("# plan\n".repeat(1000)) })
  const at = Buffer.from(zip).indexOf("plan.md")
  zip.fill(0xff, at + 7, at + 17)
  return { id, name, run, zip }
}
