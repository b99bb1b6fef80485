/** The plan of the policies of a commit, and the comment of a pull request. */
import * as core from "@actions/core"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { takeRecord } from "./applied.ts"
import { ask, GitHub } from "./github.ts"
import type { Inputs } from "./inputs.ts"
import { comment } from "./notes.ts"
import * as Program from "./program.ts"
import * as report from "./report.ts"
import {
  awaitMerge,
  fileAt,
  mergeOf,
  NotPlanned,
  nameOf,
  type PullRequest,
  planName,
  pullRequest,
  tipOf
} from "./repository.ts"

/**
 * Writes the policies of a commit into a new folder, each at its own path, and those of `base` beside it. Files that are
 * not in a commit are left out. Returns the folder and the options of the command line that name them. The folder is
 * removed when the scope closes.
 */
export const takePolicies = ({ folder, policy }: Inputs, commit: string, base?: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const all = yield* fs.makeTempDirectoryScoped({ directory: folder, prefix: "policies-" })
    const sides = [["commit", commit], ...(base === undefined ? [] : [["base", base] as const])] as const
    for (const name of policy)
      for (const [at, from] of sides) {
        const file = path.join(all, at, name)
        const text = yield* fileAt(name, from)
        yield* fs.makeDirectory(path.dirname(file), { recursive: true })
        if (text !== undefined) yield* fs.writeFileString(file, text)
      }
    const changed = base === undefined ? [] : policy.flatMap((name) => ["--changed", path.join("..", "base", name)])
    return { own: path.join(all, "commit"), files: [...policy.flatMap((name) => ["--file", name]), ...changed] }
  })

/** Writes the summary of the run. */
export const summarize = (markdown: string) =>
  ask<unknown>("the summary could not be written", () => core.summary.addRaw(report.summary(markdown), true).write())

const incomplete =
  "This plan is incomplete: an apply leaves out what it does not list. Fix the policy, or run the workflow again."

const planFile = ({ folder }: Inputs) => Effect.map(Path.Path, (path) => path.join(folder, "plan.json"))

/** Plans policies, with more options of the command line. The plan is a file in the folder of the run. */
const makePlan = (inputs: Inputs, { files, own }: { files: ReadonlyArray<string>; own: string }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const plan = yield* planFile(inputs)
    const form = ["--format", "markdown", "--out", plan, "--force"]
    const { code, stderr, stdout } = yield* Program.run(inputs, own, ["plan", ...files, ...form])
    // an incomplete plan counts for the checkpoints that it read
    if (code === 4) yield* fs.rename(`${plan}.partial`, plan)
    const markdown = stdout === "" ? report.shown("Access plan: not made", stderr) : stdout
    return {
      code,
      plan,
      isMade: code === 0 || code === 4,
      markdown: code === 4 ? `${markdown}\n${incomplete}\n` : markdown
    }
  })

const fork = "This pull request comes from a fork, which gets no key. Push its branch to this repository to plan it."

/** Plans the merge of a pull request into its base. */
const planMerge = (inputs: Inputs, pull: PullRequest, isFork: boolean) =>
  Effect.gen(function* () {
    if (isFork) return yield* new NotPlanned({ message: fork, code: 0 })
    const { commit, parent } = yield* awaitMerge(mergeOf(pull))
    return yield* makePlan(inputs, yield* takePolicies(inputs, commit, parent))
  }).pipe(
    Effect.catchTag("NotPlanned", ({ code, message }) =>
      Effect.succeed({ code, markdown: `### Access plan: not made\n\n${message}\n` })
    )
  )

/** Plans a pull request, and writes the plan as a comment, which replaces an earlier one. */
const planPull = (inputs: Inputs) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { isFork, pull } = yield* pullRequest
    const planned = yield* planMerge(inputs, pull, isFork)
    // the comments of two servers may list the same steps
    const markdown = `${planned.markdown}\nFor \`${[...inputs.policy, ...inputs.server].join(" ")}\`.\n`
    yield* summarize(markdown)
    yield* comment(pull.number, nameOf("plan", "", inputs), markdown)
    yield* fs.writeFileString(path.join(inputs.folder, "comment.md"), markdown)
    // a plan without its comment was shown to nobody; a comment without a plan takes the place of an earlier plan
    yield* Effect.sync(() => core.setOutput("artifact", planName(pull, inputs)))
    return planned.code
  }).pipe(Effect.scoped)

/** Plans the steps of a branch that are due, or its whole policy, for an approval. */
const planBranch = (inputs: Inputs) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const from = yield* tipOf
    const { path } = yield* takeRecord(inputs, from)
    const { files, own } = yield* takePolicies(inputs, from.tip)
    const state = ["--state", path, ...inputs.everything]
    const { code, isMade, markdown, plan } = yield* makePlan(inputs, { own, files: [...files, ...state] })
    yield* summarize(markdown)
    if (isMade) {
      const steps = AppliedAccess.stepsOf(yield* AccessPlan.fromJson(yield* fs.readFileString(plan))).length
      yield* Effect.sync(() => {
        core.setOutput("artifact", nameOf("approved", from.branch, inputs))
        core.setOutput("steps", String(steps))
      })
    }
    return code
  }).pipe(Effect.scoped)

/** Plans a pull request, or in a manual run the branch. */
export const plan = (inputs: Inputs) =>
  Effect.gen(function* () {
    const { run } = yield* GitHub
    // otherwise a plan of an earlier run could be used for this commit
    yield* (yield* FileSystem.FileSystem).remove(yield* planFile(inputs), { force: true })
    return yield* run.eventName === "workflow_dispatch" ? planBranch(inputs) : planPull(inputs)
  })
