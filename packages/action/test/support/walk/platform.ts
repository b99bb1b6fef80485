/** The part of GitHub that runs workflows: triggers, jobs, environments, artifacts and permissions, as the files have them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate"
import { parse } from "yaml"
import * as binary from "../../../../cli/test/support/binary.ts"
import { folder } from "../../../../cli/test/support/folder.ts"
import { type GitHub, repository } from "../github.ts"
import * as Expression from "./expression.ts"
import { root } from "./page.ts"

const program = fileURLToPath(new URL("../../../dist/main.js", import.meta.url))

type Result = "success" | "failure" | "cancelled" | "skipped"

interface Step {
  readonly id?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly needs?: string | ReadonlyArray<string>
  readonly if?: string
  readonly environment?: string
  readonly outputs?: Readonly<Record<string, string>>
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress"?: boolean; readonly queue?: string }
  readonly steps?: ReadonlyArray<Step>
}

interface Workflow {
  readonly on: Readonly<Record<string, { branches?: Array<string>; paths?: Array<string> } | null>> & {
    readonly workflow_call?: { readonly inputs: Readonly<Record<string, { readonly default?: unknown }>> }
  }
  readonly permissions: Readonly<Record<string, "read" | "write">>
  readonly jobs: Readonly<Record<string, Job>>
}

const read = (text: string): Workflow => parse(text)

const actionInputs: Readonly<Record<string, { readonly default?: unknown }>> = parse(
  readFileSync(join(root, "action.yml"), "utf8")
).inputs

/** An event of the repository. */
export interface Event {
  readonly name: "push" | "pull_request_target" | "schedule" | "workflow_dispatch" | "merge_group"
  readonly payload?: Readonly<Record<string, Expression.Value>>
  /** The full name of the branch or tag. */
  readonly ref: string
  readonly commit: string
  /** Files that differ, for the filter of paths. */
  readonly changed?: ReadonlyArray<string>
  /** The workflow file of a run by hand or on a schedule. All by default. */
  readonly only?: string
}

/** An environment of the repository, as a person sets it up. */
export interface Environment {
  readonly branches: ReadonlyArray<string>
  readonly secrets?: Readonly<Record<string, string>>
  readonly hasReviewers?: true
}

/** Acts of a person during a run. */
export interface Person {
  /** Looks at the summary of a run that waits for an approval, and approves it or not. */
  readonly reviews?: (summary: string) => Effect.Effect<boolean, never, Scope.Scope>
  /** Acts after a run that failed, and then re-runs its failed jobs. */
  readonly reruns?: Effect.Effect<void>
  /** Cancels the run during a job. */
  readonly cancels?: (running: binary.Running) => Effect.Effect<void>
}

/** A run of a workflow that has ended. */
export interface Run {
  readonly id: number
  /** Path of the workflow of the repository. */
  readonly path: string
  readonly conclusion: Exclude<Result, "skipped">
  /** Results by the names of checks, such as `plan / plan`. */
  readonly checks: Readonly<Record<string, Result>>
  /** The exit code of the last action. */
  readonly code: number | undefined
  readonly summary: string
  readonly log: string
}

const isTriggered = ({ on }: Workflow, { changed = [], name, ref }: Event): boolean => {
  if (!Object.hasOwn(on, name)) return false
  const { branches, paths } = on[name] ?? {}
  if (name === "push" && branches !== undefined && !branches.some((branch) => ref === `refs/heads/${branch}`))
    return false
  const isIn = (path: string) => paths?.some((one) => one === path || path.startsWith(one.replace(/\*\*$/, "")))
  return paths === undefined || changed.some(isIn)
}

const outputsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name = "", , value = ""]) => [name, value])
  )

/** The permission that a route of GitHub needs. */
const needed: ReadonlyArray<readonly [RegExp, string, "read" | "write"]> = [
  [/^GET \/actions\//, "actions", "read"],
  [/^GET \/(?:pulls|commits\/\w+\/pulls)/, "pull-requests", "read"],
  [/^GET \/(?:contents|git|compare|commits|branches)\b/, "contents", "read"],
  [/^(?:POST|PATCH) \/issues(?:$|\/\d+$)/, "issues", "write"]
]

const isAllowed = (permissions: Workflow["permissions"], request: string): boolean => {
  const [, name = "", level] = needed.find(([pattern]) => pattern.test(request)) ?? []
  return level === undefined || permissions[name] === level || permissions[name] === "write"
}

/** Moves the clock of a process, so that its days are those of the server. */
const clockOptions = (ahead: number): string => {
  const text = `const Real = Date; globalThis.Date = class extends Real {
    constructor(...args) { if (args.length === 0) super(Real.now() + ${ahead}); else super(...args) }
    static now() { return Real.now() + ${ahead} }
  }`
  return ahead === 0 ? "" : `--import=data:text/javascript,${encodeURIComponent(text)}`
}

export interface Options {
  readonly hub: GitHub
  readonly environments: Map<string, Environment>
  /** The time since the start of the test, in milliseconds. */
  readonly ahead: () => number
}

/** Returns a function that runs the workflows of an event, one after the other. */
export const platform = ({ ahead, environments, hub: { git, state, url } }: Options) => {
  let lastRun = 0

  const runOf = Effect.fnUntraced(function* (
    path: string,
    workflow: Workflow,
    event: Event,
    { cancels, reruns, reviews = () => Effect.succeed(false) }: Person,
    isReplaced: (group: string) => boolean
  ) {
    lastRun += 1
    const id = lastRun
    const branch = event.ref.replace(/^refs\/(?:heads|tags)\//, "")
    const own = { id, path, event: event.name, head_branch: branch, head_sha: event.commit }
    state.runs.push({ ...own, conclusion: "" })
    let summary = ""
    let log = ""
    let code: number | undefined
    let isCancelled = false
    const checks: Record<string, Result> = {}
    const endings: Record<string, Record<string, { result: Result; outputs: Readonly<Record<string, string>> }>> = {}
    const github = {
      event_name: event.name,
      event: { ...event.payload },
      repository,
      run_id: id,
      run_attempt: 1,
      workflow: path,
      token: "ghs_test"
    }

    const act = Effect.fnUntraced(function* (temp: string, given: Readonly<Record<string, string>>) {
      const at = (name: string) => join(temp, name)
      for (const name of ["summary", "output"]) writeFileSync(at(name), "")
      writeFileSync(at("event.json"), JSON.stringify(event.payload ?? {}))
      const scope = { values: { github }, functions: {} }
      const inputs = Object.entries(actionInputs).map(([name, input]) => [
        `INPUT_${name.toUpperCase()}`,
        given[name] ?? Expression.interpolate(input.default, scope)
      ])
      const running = yield* binary.start(
        [],
        {
          ...Object.fromEntries(inputs),
          GITHUB_REPOSITORY: repository,
          GITHUB_API_URL: url,
          GITHUB_SERVER_URL: "https://github.com",
          GITHUB_EVENT_PATH: at("event.json"),
          GITHUB_EVENT_NAME: event.name,
          GITHUB_REF: event.ref,
          GITHUB_SHA: event.commit,
          GITHUB_RUN_ID: String(id),
          GITHUB_WORKFLOW_REF: `${repository}/${path}@${event.ref}`,
          GITHUB_ACTOR: "octocat",
          GITHUB_STEP_SUMMARY: at("summary"),
          GITHUB_OUTPUT: at("output"),
          NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${clockOptions(ahead())}`.trim()
        },
        { program, cwd: temp }
      )
      if (cancels !== undefined) {
        yield* cancels(running)
        isCancelled = true
      }
      const done = yield* running.outcome
      code = done.code
      log += done.stdout + done.stderr
      summary += readFileSync(at("summary"), "utf8")
      return { isDone: code === 0, outputs: outputsOf(readFileSync(at("output"), "utf8")) }
    })

    const upload = (name: string, given: Readonly<Record<string, string>>) => {
      const paths = (given["path"] ?? "").split("\n").map((line) => line.trim())
      const found = paths.filter((file) => file !== "" && existsSync(file))
      if (found.length === 0) return
      const earlier = state.artifacts.findIndex((one) => one.name === name && one.run === id)
      if (earlier !== -1) {
        assert.strictEqual(given["overwrite"], "true", `a second artifact ${name} of a run`)
        state.artifacts.splice(earlier, 1)
      }
      const zip = zipSync(
        Object.fromEntries(found.map((file) => [basename(file), strToU8(readFileSync(file, "utf8"))]))
      )
      state.artifacts.push({ id: Math.max(0, ...state.artifacts.map((one) => one.id)) + 1, name, run: id, zip })
    }

    const download = (name: string, path: string) => {
      const found = state.artifacts.find((one) => one.name === name && one.run === id)
      if (found === undefined) return false
      mkdirSync(path, { recursive: true })
      for (const [file, bytes] of Object.entries(unzipSync(found.zip)))
        writeFileSync(join(path, file), strFromU8(bytes))
      return true
    }

    const called = Effect.fnUntraced(function* (caller: string, by: Job) {
      const [, name] = /\/(\.github\/workflows\/[^@]+)@v0$/.exec(by.uses ?? "") ?? []
      assert.isDefined(name, `the job ${caller} calls no workflow of this project`)
      const target = read(readFileSync(join(root, name ?? ""), "utf8"))
      const declared = target.on.workflow_call?.inputs ?? {}
      const noSecrets = { values: { github, secrets: {} }, functions: {} }
      const inputs = Object.fromEntries(
        Object.entries(declared).map(([input, { default: value }]) => [
          input,
          Expression.interpolate(by.with?.[input] ?? value, noSecrets)
        ])
      )
      endings[caller] ??= {}
      const ended = endings[caller]
      for (const [job, definition] of Object.entries(target.jobs)) {
        if (github.run_attempt > 1 && checks[`${caller} / ${job}`] !== "failure") continue
        const needs = [definition.needs ?? []].flat()
        const { path: temp } = yield* folder
        const steps: Record<string, { readonly outputs: Readonly<Record<string, string>> }> = {}
        const environment = definition.environment === undefined ? undefined : environments.get(definition.environment)
        let result: Result = "success"
        const scope = {
          values: {
            github,
            inputs,
            needs: Object.fromEntries(needs.map((need) => [need, ended[need]])),
            steps,
            runner: { temp },
            secrets: {}
          },
          functions: {
            always: () => true,
            cancelled: () => isCancelled,
            success: () => needs.every((need) => ended[need]?.result === "success"),
            failure: () => needs.some((need) => ended[need]?.result === "failure")
          }
        }
        const outcome = Effect.gen(function* () {
          if (!Expression.holds(definition.if, scope)) return "skipped"
          const { concurrency } = definition
          if (concurrency !== undefined && concurrency.queue !== "max") {
            if (isReplaced(Expression.interpolate(concurrency.group, scope))) return "cancelled"
          }
          if (definition.environment !== undefined) {
            assert.isDefined(environment, `the environment ${definition.environment} does not exist`)
            const isAllowedHere = environment?.branches.some((one) => event.ref === `refs/heads/${one}`)
            if (isAllowedHere !== true) return "failure"
            if (environment?.hasReviewers === true) {
              if (!(yield* reviews(summary))) return "failure"
              const environments = [{ name: definition.environment }]
              state.approvals.splice(0, 99, { state: "approved", user: { login: "rita" }, environments })
            }
          }
          const stepScope = {
            // a secret of the environment takes the place of the caller's
            values: { ...scope.values, secrets: { ...environment?.secrets } },
            functions: { ...scope.functions, success: () => result === "success", failure: () => result === "failure" }
          }
          const before = state.requests.length
          for (const step of definition.steps ?? []) {
            if (!Expression.holds(step.if, stepScope)) continue
            const given = Object.fromEntries(
              Object.entries(step.with ?? {}).map(([key, value]) => [key, Expression.interpolate(value, stepScope)])
            )
            const uses = step.uses ?? ""
            if (step.run !== undefined) assert.strictEqual(step.run, "true")
            else if (uses.startsWith("actions/upload-artifact@")) upload(given["name"] ?? "", given)
            else if (uses.startsWith("actions/download-artifact@")) {
              if (!download(given["name"] ?? "", given["path"] ?? "")) result = "failure"
            } else {
              // In the commit of a tag, its version.
              assert.match(uses, /\/checkpoint-permissions@v\d+(\.\d+\.\d+)?$/)
              const { isDone, outputs } = yield* act(temp, given)
              steps[step.id ?? ""] = { outputs }
              if (!isDone) result = "failure"
            }
          }
          for (const request of state.requests.slice(before))
            assert.isTrue(isAllowed(workflow.permissions, request), `${path} may not ${request}`)
          return isCancelled ? "cancelled" : result
        })
        const end: Result = yield* outcome
        const outputs = Object.entries(definition.outputs ?? {}).map(([key, value]) => [
          key,
          Expression.interpolate(value, scope)
        ])
        ended[job] = { result: end, outputs: Object.fromEntries(outputs) }
        checks[`${caller} / ${job}`] = end
      }
    })

    for (const [caller, job] of Object.entries(workflow.jobs)) yield* called(caller, job)
    if (reruns !== undefined) {
      yield* reruns
      github.run_attempt += 1
      summary = ""
      code = undefined
      for (const [caller, job] of Object.entries(workflow.jobs)) yield* called(caller, job)
    }
    const results = Object.values(checks)
    const conclusion = results.includes("cancelled") ? "cancelled" : results.includes("failure") ? "failure" : "success"
    state.runs.splice(
      state.runs.findIndex((one) => one.id === id),
      1,
      { ...own, conclusion }
    )
    return { id, path, conclusion, checks, code, summary, log } satisfies Run
  })

  /** Returns the workflows that an event starts. */
  const triggered = (event: Event) => {
    // a pull request, a schedule and a run by hand use the workflows of the default branch
    const isOfCommit = event.name === "push" || event.name === "merge_group"
    const { files } = git.at(isOfCommit ? event.commit : (state.branches.get("main") ?? ""))
    return Object.entries(files)
      .filter(
        ([path]) => path.startsWith(".github/workflows/") && (event.only === undefined || path.endsWith(event.only))
      )
      .map(([path, text]) => ({ path, workflow: read(text), event }))
      .filter(({ workflow }) => isTriggered(workflow, event))
  }

  /**
   * Runs the workflows of events that arrive together, the newest first: GitHub promises no order. A job that waits in a
   * group is replaced by a newer one, unless the group has a queue.
   */
  return (events: ReadonlyArray<Event>, person: Person = {}): Effect.Effect<ReadonlyArray<Run>, never, Scope.Scope> =>
    Effect.gen(function* () {
      const all = events.flatMap(triggered)
      const taken = new Set<string>()
      const runs: Array<Run> = []
      for (const { event, path, workflow } of all.toReversed()) {
        const groups: Array<string> = []
        runs.push(
          yield* runOf(path, workflow, event, person, (group) => {
            groups.push(group)
            return taken.has(group)
          })
        )
        for (const group of groups) taken.add(group)
      }
      return runs.toReversed()
    })
}

export type Platform = ReturnType<typeof platform>
