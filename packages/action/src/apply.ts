/** The policies of a branch, applied with the plans of its pull requests and the approved plan of the run. */
import * as core from "@actions/core"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import { fenced } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { addCommit, takeRecord } from "./applied.ts"
import { approvalOf, approvalOfRun } from "./approvals.ts"
import type { Inputs } from "./inputs.ts"
import { summarize, takePolicies } from "./plan.ts"
import * as Program from "./program.ts"
import { shown } from "./report.ts"
import {
  type Commits,
  isWorkflow,
  newestArtifact,
  type PullRequest,
  planName,
  pullsOf,
  tipOf,
  Unusable
} from "./repository.ts"

/**
 * Returns the plan of a pull request as text. The plan workflow keeps a plan after it wrote the comment. Its run ends with
 * success unless the plan is incomplete.
 */
const reviewedPlan = (inputs: Inputs, pull: PullRequest) =>
  Effect.gen(function* () {
    const name = planName(pull, inputs)
    const found = yield* newestArtifact({ name, file: "plan.json" }, ({ event, path }) =>
      event === "pull_request_target" ? isWorkflow(inputs.planWorkflow, path) : Effect.succeed(false)
    )
    const missing = `${inputs.planWorkflow} made no plan for its last commit, this branch, this server and these policy files`
    if (found === undefined) return yield* new Unusable({ message: missing })
    const { run, text } = found
    const { counts, leftOut = [] } = yield* AccessPlan.fromJson(text)
    const isIncomplete = counts.unread + leftOut.length > 0
    if (run.conclusion !== "success" && !(run.conclusion === "failure" && isIncomplete))
      return yield* new Unusable({ message: "the run of its plan did not end with success" })
    return text
  })

/**
 * Writes the plans of the pull requests merged in a range of commits, the approved plan, each with its approval, into a
 * folder that is removed when the scope closes. A plan has the name that the summary shows for its steps. Returns options
 * of the command line, and a line for each pull request without a plan.
 */
const takeReviewed = (inputs: Inputs, branch: string, tip: string, range: Commits | undefined) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = yield* fs.makeTempDirectoryScoped({ directory: inputs.folder, prefix: "reviewed-" })
    const plans: Array<string> = []
    const notes: Array<string> = []
    const write = (name: string, text: string, approval: string) => {
      const file = path.join(folder, `${name}.json`)
      plans.push("--reviewed", file)
      return Effect.zipRight(fs.writeFileString(`${file}.approval`, approval), fs.writeFileString(file, text))
    }
    if (inputs.approved !== "") {
      const text = yield* fs.readFileString(inputs.approved)
      yield* write("this run", text, yield* approvalOfRun)
    }
    for (const pull of yield* pullsOf(inputs, branch, tip, range)) {
      const note = ({ message }: Error) => Effect.sync(() => notes.push(`#${pull.number}: ${message}`))
      yield* Effect.gen(function* () {
        const text = yield* reviewedPlan(inputs, pull)
        yield* write(`#${pull.number}`, text, yield* approvalOf(pull))
      }).pipe(Effect.catchTags({ Unusable: note, PlanRefused: note }))
    }
    return { plans, notes }
  })

const byHand =
  "To approve a plan, run this workflow by hand: it shows the steps, and waits. With `everything`, it plans the whole policy."

/** Texts of the command line, and what they mean in this workflow. */
const hints = [
  ["approve a plan", byHand],
  ["Run the same command again", "The next run of this workflow makes the rest of the reviewed steps."]
] as const

/** Applies the policies of the branch: reviewed and approved steps, and access that has ended. */
export const apply = (inputs: Inputs) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const { branch, tip } = yield* tipOf
    const record = yield* takeRecord(inputs, { branch, tip })
    // before the apply, so that the record of a process that is killed is kept
    yield* Effect.sync(() => core.setOutput("record", record.name))
    const { notes, plans } = yield* takeReviewed(inputs, branch, tip, record.range)
    const { files, own } = yield* takePolicies(inputs, tip)
    const at = (name: string) => path.join(inputs.folder, name)
    const { code, stderr, stdout } = yield* Program.run(inputs, own, [
      ...["apply", ...files, "--state", record.path, ...plans],
      ...["--yes", "--format", "markdown"],
      ...["--journal", at("access.journal"), "--out", at("executed.json"), "--force"],
      ...inputs.applyOptions
    ])
    yield* addCommit(record, tip)
    const markdown = stdout === "" ? shown(`Access apply: exit code ${code}`, stderr) : stdout
    const missing = notes.length === 0 ? [] : ["", "Merged, but not reviewed:", "", fenced(notes.join("\n"), "text")]
    const advice = hints.flatMap(([text, hint]) => (markdown.includes(text) ? ["", hint] : []))
    yield* summarize([markdown, ...advice, ...missing, ""].join("\n"))
    return code
  }).pipe(Effect.scoped)
