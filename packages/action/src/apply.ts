/** The policies of a branch, applied with the plans of its pull requests and the approved plan of the run. */
import * as core from "@actions/core"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { addCommit, takeRecord } from "./applied.ts"
import { approvalOf, approvalOfRun } from "./approvals.ts"
import { GitHub } from "./github.ts"
import type { Inputs } from "./inputs.ts"
import { summarize, takePolicies } from "./plan.ts"
import * as Program from "./program.ts"
import { listed, shown } from "./report.ts"
import * as repository from "./repository.ts"

/**
 * Returns the plan that a pull request showed before its merge, as text. The plan workflow keeps a plan after it wrote
 * the comment.
 */
const reviewedPlan = (inputs: Inputs, pull: repository.PullRequest) =>
  Effect.gen(function* () {
    const paths = yield* repository.workflowPaths(inputs.planWorkflow)
    const found = yield* repository.newestArtifact(
      { name: repository.planName(pull, inputs), file: "plan.json", before: pull.mergedAt },
      ({ event, path }) => event === "pull_request_target" && paths.has(path)
    )
    const message = `${inputs.planWorkflow} made no plan of its last commit for this branch and server before the merge`
    if (found === undefined) return yield* new repository.Unusable({ message })
    yield* AccessPlan.fromJson(found.text)
    return found.text
  })

/**
 * Writes the plans of the pull requests merged in a range of commits, the approved plan, each with its approval, into a
 * folder that is removed when the scope closes. A plan has the name that the summary shows for its steps. Returns options
 * of the command line, and a line for each pull request without a plan.
 */
const takeReviewed = (inputs: Inputs, branch: string, tip: string, range: repository.Commits) =>
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
      yield* write(`run ${(yield* GitHub).run.runId}`, text, yield* approvalOfRun)
    }
    for (const pull of yield* repository.pullsOf(inputs, branch, tip, range)) {
      const note = ({ message }: Error) => Effect.sync(() => notes.push(`#${pull.number}: ${message}`))
      yield* Effect.gen(function* () {
        const text = yield* reviewedPlan(inputs, pull)
        yield* write(`#${pull.number}`, text, yield* approvalOf(pull))
      }).pipe(Effect.catchTags({ Unusable: note, PlanRefused: note }))
    }
    return { plans, notes }
  })

/** Applies the policies of the branch: reviewed and approved steps, and access that has ended. */
export const apply = (inputs: Inputs) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const { branch, tip } = yield* repository.tipOf
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
    const more = [...listed("Merged, but not reviewed:", notes), ...listed("No record:", record.notes)]
    yield* summarize([markdown, ...more].join("\n"))
    return code
  }).pipe(Effect.scoped)
