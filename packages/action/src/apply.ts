/** The policies of a branch, applied with the plans of its pull requests and the approved plan of the run. */
import * as core from "@actions/core"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import { fenced } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { addCommit, takeRecord } from "./applied.ts"
import type { Inputs } from "./inputs.ts"
import { annotate, needsKey, shown, summarize, takePolicies } from "./plan.ts"
import * as Program from "./program.ts"
import { isWorkflow, type MergedPull, newestArtifact, planName, pullsSince, tipOf } from "./repository.ts"

const incompleteOf = ({ counts, leftOut = [] }: AccessPlan.AccessPlan): boolean => counts.unread + leftOut.length > 0

/**
 * Returns the plan of a pull request as text, or the reason why it does not count. The plan workflow keeps a plan after
 * it wrote the comment. Its run ends with success unless the plan is incomplete.
 */
const reviewedPlan = (inputs: Inputs, branch: string, { head }: MergedPull) =>
  Effect.gen(function* () {
    const name = planName(head, branch, inputs)
    const found = yield* newestArtifact({ name, file: "plan.json" }, ({ event, path }) =>
      event === "pull_request_target" ? isWorkflow(inputs.planWorkflow, path) : Effect.succeed(false)
    )
    if (found === undefined) return { why: `${inputs.planWorkflow} made no plan for its last commit` }
    const { run, text } = found
    const plan = yield* AccessPlan.fromJson(text)
    if (run.conclusion !== "success" && !(run.conclusion === "failure" && incompleteOf(plan)))
      return { why: "the run of its plan did not end with success" }
    return { text }
  }).pipe(
    Effect.catchTags({
      BrokenArtifact: ({ message }) => Effect.succeed({ why: message }),
      PlanRefused: ({ message }) => Effect.succeed({ why: message })
    })
  )

/**
 * Writes the plans of the pull requests merged since a commit into the folder of the run, and the approved plan. A plan
 * has the name that the summary shows for its steps. Returns their paths, and a line for each pull request without one.
 */
const takeReviewed = (inputs: Inputs, branch: string, tip: string, since: string | undefined) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = path.join(inputs.folder, "reviewed")
    yield* fs.remove(folder, { recursive: true, force: true })
    yield* fs.makeDirectory(folder, { recursive: true })
    const plans: Array<string> = []
    const notes: Array<string> = []
    const write = (name: string, text: string) => {
      const file = path.join(folder, `${name}.json`)
      plans.push(file)
      return fs.writeFileString(file, text)
    }
    if (inputs.approved !== "") yield* write("this run", yield* fs.readFileString(inputs.approved))
    for (const pull of yield* pullsSince(inputs, branch, tip, since)) {
      const { text, why } = { text: undefined, why: undefined, ...(yield* reviewedPlan(inputs, branch, pull)) }
      if (text === undefined) notes.push(`#${pull.number}: ${why}`)
      else yield* write(`#${pull.number}`, text)
    }
    return { plans, notes }
  })

/** Applies the policies of the branch: reviewed and approved steps, and access that has ended. */
export const apply = (inputs: Inputs) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    yield* needsKey(inputs)
    const { branch, tip } = yield* tipOf
    yield* Effect.sync(() => core.setOutput("folder", inputs.folder))
    const { name, record, since } = yield* takeRecord(inputs, { branch, tip })
    // before the apply, so that the record of a process that is killed is kept
    yield* Effect.sync(() => core.setOutput("record", name))
    const { notes, plans } = yield* takeReviewed(inputs, branch, tip, since)
    const { files, own } = yield* takePolicies(inputs, tip)
    const before = yield* textOf(record)
    const at = (name: string) => path.join(inputs.folder, name)
    const { code, lines, stdout } = yield* Program.run(inputs, own, [
      ...["apply", ...files, "--state", record],
      ...plans.flatMap((plan) => ["--reviewed", plan]),
      ...["--yes", "--format", "markdown"],
      ...["--journal", at("access.journal"), "--out", at("executed.json"), "--force"],
      ...inputs.applyOptions
    ])
    yield* annotate(inputs, lines)
    // an apply that was refused, or that failed before it read, has not taken the plans into the record
    if ((yield* textOf(record)) !== before) yield* addCommit(record, tip)
    const markdown = stdout === "" ? shown(`Access apply: exit code ${code}`, lines) : stdout
    const missing = notes.length === 0 ? [] : ["", "Merged, but not reviewed:", "", fenced(notes.join("\n"), "text")]
    yield* summarize([markdown, ...missing, ""].join("\n"), "the log")
    return code
  }).pipe(Effect.scoped)

const textOf = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return (yield* fs.exists(file)) ? yield* fs.readFileString(file) : undefined
  })
