/** The plan of the merged policies, applied if each of its steps was reviewed. */
import * as core from "@actions/core"
import { fenced, pluralize } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { GitHub } from "./github.ts"
import { type Inputs, WrongUse } from "./inputs.ts"
import { makePlan, needsKey, shown, summarize } from "./plan.ts"
import * as Program from "./program.ts"
import { commitsBetween, lastApplied, planOf, pullsOf, relationOf } from "./repository.ts"
import { type MergedPull, type Range, reviewers, type Steps, startOf, stepsOf, unreviewed } from "./review.ts"

/** The file name of the workflow of this run: `owner/repository/.github/workflows/<name>@<ref>`. */
const workflow = Config.string("GITHUB_WORKFLOW_REF").pipe(
  Config.map((ref) => ref.replace(/@.*$/, "").replace(/^.*\//, "")),
  Effect.mapError((error) => new WrongUse({ message: String(error) }))
)

/** Reads the reviewed plans of the pull requests merged since the commit `since`. A broken plan counts as missing. */
const reviewedPlans = (inputs: Inputs, since: string | undefined) =>
  Effect.gen(function* () {
    const { branch, commit } = yield* GitHub
    const range: Range = since === undefined ? undefined : yield* commitsBetween(since, commit)
    const merged = reviewers(yield* pullsOf(inputs, commit, range), branch, range)
    const isIn = ({ merge }: MergedPull) =>
      Effect.map(relationOf(merge, commit), (relation) => relation === "ahead" || relation === "identical")
    const pulls = range === undefined ? yield* Effect.filter(merged, isIn) : merged
    const plans: Array<Steps> = []
    const notes: Array<string> = []
    for (const pull of pulls) {
      const read = Effect.flatMap(planOf(inputs, pull), (text) => (text === undefined ? Effect.void : stepsOf(text)))
      const steps = yield* Effect.catchTag(read, "BrokenPlan", ({ message }) => Effect.succeed(message))
      if (typeof steps === "object") plans.push(steps)
      else notes.push(`#${pull.number}: ${steps ?? `there is no plan of ${inputs.planWorkflow} for its last commit`}`)
    }
    return { pulls, plans, notes }
  })

const todo = "Nothing was changed. Plan them in a pull request, or run this workflow by hand with `reviewed: false`."

/** Returns the summary of an apply with steps that are in no reviewed plan, or `undefined` if there are none. */
const refusal = (inputs: Inputs, plan: string, since: string | undefined) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const now = yield* stepsOf(yield* fs.readFileString(plan))
    if (unreviewed(now, []).length === 0) return undefined
    const { notes, plans, pulls } = yield* reviewedPlans(inputs, since)
    const missing = unreviewed(now, plans)
    if (missing.length === 0) return undefined
    const count = pluralize(missing.length, "step")
    const from = pulls.map(({ number }) => `#${number}`).join(", ")
    yield* Effect.sync(() => core.error(`${count} of the plan not reviewed: nothing was changed`))
    return [
      `### Access apply: refused, ${count} not reviewed`,
      "",
      from === ""
        ? "These steps were not reviewed: no pull request with a plan was merged since the last apply."
        : `These steps are not in the plans of the pull requests merged since the last apply (${from}):`,
      ...["", fenced(missing.join("\n"), "diff"), ""],
      ...(notes.length === 0 ? [] : [fenced(notes.join("\n"), "text"), ""]),
      todo,
      ""
    ].join("\n")
  })

/** Plans what changed since the last successful apply of this workflow, and applies it if each step was reviewed. */
export const apply = (inputs: Inputs) =>
  Effect.gen(function* () {
    const { commit } = yield* GitHub
    yield* needsKey(inputs)
    yield* Effect.sync(() => core.setOutput("folder", inputs.folder))
    const last = yield* lastApplied(yield* workflow)
    const before = last === undefined ? undefined : { commit: last, relation: yield* relationOf(last, commit) }
    const from = startOf(before, inputs.isReviewed)
    if (from._tag === "Older") {
      const why = `The newer commit ${from.commit} was applied before: nothing was changed.`
      yield* Effect.sync(() => core.error(why))
      yield* summarize(`### Access apply: refused, an older commit\n\n${why}\n`, "the log")
      return 5
    }
    const since = from._tag === "Since" ? from.commit : undefined
    const made = yield* makePlan(inputs, commit, since)
    if (made.code !== 0) {
      yield* summarize(made.markdown, "the log")
      return made.code
    }
    const refused = inputs.isReviewed ? yield* refusal(inputs, made.plan, since) : undefined
    if (refused !== undefined) {
      yield* summarize(refused, "the log")
      return 5
    }
    const { code, lines, stdout } = yield* Program.run(inputs, inputs.folder, [
      "apply",
      ...[made.plan, "--yes"],
      ...["--journal", "access.journal", "--out", "executed.json", "--force"],
      ...inputs.applyOptions
    ])
    const printed = [...stdout.split("\n").filter((line) => line !== ""), ...lines]
    yield* summarize(shown(code === 0 ? "Access apply: done" : `Access apply: exit code ${code}`, printed), "the log")
    return code
  })
