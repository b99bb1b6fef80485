/** The commands for a branch, over its checkout: the plan of a manual run, the apply, and the drift as an issue. */
import { join } from "node:path"
import * as core from "@actions/core"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as Drift from "@checkpoint-permissions/access/Drift"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { change, issuesOf } from "./comments.ts"
import { GitHub, request, runUrl, summarize, workflow } from "./github.ts"
import { type Inputs, wrongUse } from "./inputs.ts"
import { changesOf, markerOf } from "./issue.ts"
import * as Program from "./program.ts"
import * as report from "./report.ts"

/** The folder of the checkout, which has the newest commit of the branch. */
const workspace = Config.string("GITHUB_WORKSPACE")

/** The commit of the last successful run of this workflow on the branch of the run. Without one it is the null id of git. */
const lastSuccess = Effect.gen(function* () {
  const { run } = yield* GitHub
  const branch = /^refs\/heads\/(.+)$/.exec(run.ref)?.[1]
  if (branch === undefined) return yield* wrongUse("this run is not for a branch: run it on the main branch")
  const workflow_id = (yield* workflow).replace(/^.*\//, "")
  const { data } = yield* request("the runs of the workflow could not be listed", ({ octokit, repo }) =>
    octokit.rest.actions.listWorkflowRuns({ ...repo, workflow_id, branch, status: "success", per_page: 100 })
  )
  const last = data.workflow_runs.find(({ event }) => ["push", "schedule", "workflow_dispatch"].includes(event))
  return last?.head_sha ?? "0".repeat(40)
})

/** Plans every difference of the policy, or of some checkpoints. The output `steps` is the number of steps to approve. */
export const planAll = (inputs: Inputs) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = join(inputs.folder, "plan.json")
    // otherwise a plan of an earlier run could be approved
    yield* fs.remove(file, { force: true })
    const done = yield* Program.run(inputs, yield* workspace, [
      ...["plan", ...inputs.files, "--since", yield* lastSuccess, "--all"],
      ...["--format", "markdown", "--out", file, "--force"]
    ])
    yield* summarize(report.ofProgram("Access plan: not made", done))
    // an incomplete plan counts for the checkpoints that it read: it may have read none
    if (done.code === 4 && (yield* fs.exists(`${file}.partial`))) yield* fs.rename(`${file}.partial`, file)
    if (!(yield* fs.exists(file))) return done.code
    const { counts } = yield* AccessPlan.fromJson(yield* fs.readFileString(file))
    yield* Effect.sync(() => core.setOutput("steps", String(counts.creates + counts.deletes)))
    // the exit code of the apply is that of the run
    return 0
  })

/** Applies the commits since the last successful run, and the plan that was approved in this run. */
export const apply = (inputs: Inputs) =>
  Effect.gen(function* () {
    const at = (name: string) => join(inputs.folder, name)
    const done = yield* Program.run(inputs, yield* workspace, [
      ...["apply", ...inputs.files, "--since", yield* lastSuccess],
      ...["--yes", "--format", "markdown"],
      ...["--journal", at("access.journal"), "--out", at("executed.json"), "--force"]
    ])
    const more = done.code === 4 ? "To approve what was left out, run this workflow by hand.\n" : ""
    yield* summarize(`${report.ofProgram(`Access apply: exit code ${done.code}`, done)}${more}`)
    return done.code
  })

const decode = Schema.decodeUnknown(Schema.parseJson(Drift.Drift))

/** Compares the policies with the server, and writes the differences as the issue of these policies. */
export const drift = (inputs: Inputs) =>
  Effect.gen(function* () {
    const options = ["drift", ...inputs.files, "--json"]
    const { code, stderr, stdout } = yield* Program.run(inputs, yield* workspace, options, () => Effect.void)
    if (stdout === "" || (code !== 0 && code !== 3 && code !== 4)) {
      yield* summarize(report.shown("Access drift: unknown", stderr))
      return code
    }
    const found = yield* decode(stdout)
    yield* summarize(Drift.toMarkdown(found, { files: inputs.policy, rows: Number.POSITIVE_INFINITY }))
    const about = { policy: inputs.policy, runUrl: yield* runUrl, workflow: yield* workflow }
    const changes = changesOf(yield* issuesOf(inputs, markerOf(found, about)), found, about)
    yield* Effect.forEach(changes, change, { discard: true })
    return code
  })
