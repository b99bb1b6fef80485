/** The part of GitHub that runs workflows: triggers, jobs, environments, artifacts and permissions, as the files have them. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { parse } from "yaml"
import { folder } from "../../../cli/test/support/folder.ts"
import { checkout, ended, step as run } from "./action.ts"
import * as Expression from "./expression.ts"
import { type GitHub, repository } from "./github.ts"

export const root = fileURLToPath(new URL("../../../..", import.meta.url))

type Result = "success" | "failure" | "skipped"

interface Job {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly needs?: string | ReadonlyArray<string>
  readonly if?: string
  readonly environment?: string
  readonly outputs?: Readonly<Record<string, string>>
  readonly steps?: ReadonlyArray<{
    readonly id?: string
    readonly if?: string
    readonly uses?: string
    readonly run?: string
    readonly with?: Readonly<Record<string, unknown>>
  }>
}

interface Workflow {
  readonly on: Readonly<
    Record<string, { branches?: Array<string>; types?: Array<string>; paths?: Array<string> } | null>
  > & {
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
  readonly name: "push" | "pull_request_target" | "schedule" | "workflow_dispatch"
  readonly payload?: Readonly<Record<string, unknown>>
  /** The base of a pull request, or the full name of the branch or tag of a push. */
  readonly ref: string
  /** The name of the workflow of a run by hand or on a schedule. All by default. */
  readonly only?: string
}

/** An environment of the repository, as a person sets it up. */
export interface Environment {
  readonly branches: ReadonlyArray<string>
  readonly secrets?: Readonly<Record<string, string>>
  readonly hasReviewers?: true
}

/** A run of a workflow that has ended. */
export interface Run {
  /** Results by the names of checks, such as `plan / plan`. */
  readonly checks: Readonly<Record<string, Result>>
  /** The exit code of the last action. */
  readonly code: number | undefined
  /** The summaries of its jobs, one after the other. */
  readonly summary: string
  readonly log: string
}

const isTriggered = ({ on }: Workflow, { name, payload, ref }: Event): boolean => {
  if (!Object.hasOwn(on, name)) return false
  const { branches, paths, types = ["opened", "synchronize", "reopened"] } = on[name] ?? {}
  assert.isUndefined(paths, "a filter of paths")
  if (name === "pull_request_target" && !types.includes(String(payload?.["action"]))) return false
  return branches === undefined || branches.some((branch) => ref === branch || ref === `refs/heads/${branch}`)
}

const outputsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name = "", , value = ""]) => [name, value])
  )

/** The permission that a route of GitHub needs. */
const needed: ReadonlyArray<readonly [RegExp, string, "read" | "write"]> = [
  [/^GET \/actions\//, "actions", "read"],
  [/^GET \/pulls/, "pull-requests", "read"],
  [/^GET \/(?:contents|git)\b/, "contents", "read"],
  [/^(?:POST|PATCH) \/issues(?:$|\/\d+$)/, "issues", "write"]
]

const isAllowed = (permissions: Workflow["permissions"], request: string): boolean => {
  const [, name = "", level] = needed.find(([pattern]) => pattern.test(request)) ?? []
  return level === undefined || permissions[name] === level || permissions[name] === "write"
}

/** Returns a function that runs the workflow of an event. `approves` reads the summary of a run that waits for it. */
export const platform =
  (hub: GitHub, environments: ReadonlyMap<string, Environment>) =>
  (event: Event, approves: (summary: string) => boolean = () => false) =>
    Effect.gen(function* () {
      const { git, state } = hub
      const isPush = event.name === "push"
      const branch = isPush ? event.ref.replace(/^refs\/(?:heads|tags)\//, "") : "main"
      const ref = isPush ? event.ref : "refs/heads/main"
      const commit = state.branches.get(branch) ?? ""
      const triggered = Object.entries(git.at(commit).files).filter(
        ([path, text]) =>
          path.startsWith(".github/workflows/") && path.includes(event.only ?? "") && isTriggered(read(text), event)
      )
      assert.lengthOf(triggered, 1, `${event.name} starts one run`)
      const [[path, text]] = triggered as [(typeof triggered)[number]]
      const workflow = read(text)
      const { at: artifact } = yield* folder
      const github = {
        event_name: event.name,
        event: event.payload ?? {},
        repository,
        ref,
        run_attempt: 1,
        workflow: path,
        token: "ghs_test"
      }
      const checks: Record<string, Result> = {}
      let [summary, log, code]: [string, string, number | undefined] = ["", "", undefined]

      for (const [caller, by] of Object.entries(workflow.jobs)) {
        const [, name = ""] = /\/(\.github\/workflows\/[^@]+)@v0$/.exec(by.uses ?? "") ?? []
        const target = read(readFileSync(join(root, name), "utf8"))
        const none = { values: { github, secrets: {} }, status: {} }
        const inputs = Object.fromEntries(
          Object.entries(target.on.workflow_call?.inputs ?? {}).map(([input, { default: value }]) => [
            input,
            Expression.interpolate(by.with?.[input] ?? value, none)
          ])
        )
        const endings: Record<string, { result: Result; outputs: Readonly<Record<string, string>> }> = {}
        for (const [job, definition] of Object.entries(target.jobs)) {
          const needs = [definition.needs ?? []].flat()
          const { path: temp } = yield* folder
          const steps: Record<string, { readonly outputs: Readonly<Record<string, string>> }> = {}
          const environment = environments.get(definition.environment ?? "")
          let result: Result = "success"
          const values = {
            github,
            inputs,
            needs: Object.fromEntries(needs.map((need) => [need, endings[need]])),
            steps,
            runner: { temp },
            // a secret of the environment takes the place of the caller's
            secrets: { ...environment?.secrets }
          }
          const status = { always: () => true, cancelled: () => false }
          const isReady = () => needs.every((need) => endings[need]?.result === "success")
          const scope = { values, status: { ...status, success: () => result === "success" } }
          const mayRun = () => {
            assert.isDefined(environment, `the environment ${definition.environment} does not exist`)
            const isBranch = environment?.branches.some((one) => ref === `refs/heads/${one}`)
            return isBranch === true && (environment?.hasReviewers !== true || approves(summary))
          }
          if (!Expression.holds(definition.if, { values, status: { ...status, success: isReady } })) result = "skipped"
          else if (!mayRun()) result = "failure"
          else {
            const before = state.requests.length
            for (const one of definition.steps ?? []) {
              if (!Expression.holds(one.if, scope)) continue
              const given = Object.fromEntries(
                Object.entries(one.with ?? {}).map(([key, value]) => [key, Expression.interpolate(value, scope)])
              )
              const uses = one.uses ?? ""
              const kept = artifact(given["name"] ?? "")
              const paths = (given["path"] ?? "").split("\n").map((line) => line.trim())
              if (one.run !== undefined) assert.strictEqual(one.run, "true")
              else if (uses.startsWith("actions/checkout@")) checkout(hub, given["ref"] ?? "", join(temp, "workspace"))
              else if (uses.startsWith("actions/upload-artifact@")) {
                rmSync(kept, { recursive: true, force: true })
                mkdirSync(kept)
                for (const file of paths.filter(existsSync)) cpSync(file, join(kept, basename(file)))
              } else if (uses.startsWith("actions/download-artifact@"))
                cpSync(kept, paths[0] ?? "", { recursive: true })
              else {
                assert.match(uses, /\/checkpoint-permissions@v\d+(\.\d+\.\d+)?$/)
                const all = Object.entries(actionInputs).map(([key, input]) => [
                  key,
                  given[key] ?? Expression.interpolate(input.default, none)
                ])
                const done = yield* run(hub, temp, {
                  inputs: Object.fromEntries(all),
                  trigger: event.name,
                  event: event.payload,
                  commit,
                  ref,
                  workflow: basename(path)
                })
                code = done.code
                log += done.stdout + done.stderr
                summary += done.summary
                steps[one.id ?? ""] = { outputs: outputsOf(done.outputs) }
                if (code !== 0) result = "failure"
              }
            }
            for (const request of state.requests.slice(before))
              assert.isTrue(isAllowed(workflow.permissions, request), `${path} may not ${request}`)
          }
          const outputs = Object.entries(definition.outputs ?? {}).map(([key, value]) => [
            key,
            Expression.interpolate(value, scope)
          ])
          endings[job] = { result, outputs: Object.fromEntries(outputs) }
          checks[`${caller} / ${job}`] = result
        }
      }
      const conclusion = Object.values(checks).includes("failure") ? "failure" : "success"
      ended(hub, { path, event: event.name, head_branch: branch, head_sha: commit, conclusion })
      return { checks, code, summary, log } satisfies Run
    })
