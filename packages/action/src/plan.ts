/** The plan of the policies of a commit, and the comment of a pull request. */
import * as core from "@actions/core"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import { fenced } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { takeRecord } from "./applied.ts"
import { ask, GitHub } from "./github.ts"
import { type Inputs, WrongUse } from "./inputs.ts"
import { comment } from "./notes.ts"
import * as Program from "./program.ts"
import * as report from "./report.ts"
import { fileAt, type Merge, mergeOf, type PullRequest, planName, pullRequest, tipOf } from "./repository.ts"

/**
 * Writes the policies of a commit into a folder, each at its own path. Files that are not in the commit are left out.
 */
const writePolicies = (policy: ReadonlyArray<string>, folder: string, commit: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const missing: Array<string> = []
    for (const name of policy) {
      const text = yield* fileAt(name, commit)
      const file = path.join(folder, name)
      yield* fs.makeDirectory(path.dirname(file), { recursive: true })
      if (text === undefined) missing.push(name)
      else yield* fs.writeFileString(file, text)
    }
    return missing
  })

/**
 * Writes the policies of a commit into a new folder, and those of `base` beside it. Returns the folder and the options
 * of the command line that name them. The folder is removed when the scope closes.
 */
export const takePolicies = ({ folder, policy }: Inputs, commit: string, base?: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(folder, { recursive: true })
    const all = yield* fs.makeTempDirectoryScoped({ directory: folder, prefix: "policies-" })
    const own = path.join(all, "commit")
    const [missing] = yield* writePolicies(policy, own, commit)
    if (missing !== undefined) {
      return yield* new WrongUse({ message: `${missing} is not in the repository at ${commit}` })
    }
    const files = policy.flatMap((name) => ["--file", name])
    if (base === undefined) return { own, files }
    yield* writePolicies(policy, path.join(all, "base"), base)
    return { own, files: [...files, ...policy.flatMap((name) => ["--changed", path.join("..", "base", name)])] }
  })

/** Writes the diagnostics of a policy as annotations of its lines. GitHub shows the first ten. */
export const annotate = ({ policy }: Inputs, lines: ReadonlyArray<string>) =>
  Effect.sync(() => {
    for (const { column, file, line, message } of report.annotations(lines, policy).slice(0, report.annotationLimit)) {
      core.error(message, { file, startLine: line, startColumn: column })
    }
  })

/** Writes the summary of the run. */
export const summarize = (markdown: string, whole: string) =>
  ask<unknown>("the summary could not be written", () =>
    core.summary.addRaw(report.summary(markdown, whole), true).write()
  )

/** Returns the output of a command as a Markdown block in which markup has no effect. */
export const shown = (title: string, lines: ReadonlyArray<string>): string =>
  [`### ${title}`, "", fenced(lines.length === 0 ? "no output" : lines.join("\n"), "text"), ""].join("\n")

export const needsKey = ({ adminKey }: Inputs) =>
  Redacted.value(adminKey) === "" ? new WrongUse({ message: "admin-key is empty: is the secret set?" }) : Effect.void

/** Plans policies, with more options of the command line. The plan is a file in the folder of the run. */
const makePlan = (inputs: Inputs, { files, own }: { files: ReadonlyArray<string>; own: string }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const plan = path.join(inputs.folder, "plan.json")
    // otherwise a plan of an earlier run could be used for this commit
    yield* fs.remove(plan, { force: true })
    const form = ["--format", "markdown", "--out", plan, "--force"]
    const { code, lines, stdout } = yield* Program.run(inputs, own, ["plan", ...files, ...form])
    yield* annotate(inputs, lines)
    // an incomplete plan counts for the checkpoints that it read
    if (code === 4) yield* fs.rename(`${plan}.partial`, plan)
    const markdown = stdout === "" ? shown("Access plan: not made", lines) : stdout
    yield* fs.writeFileString(path.join(inputs.folder, "plan.md"), markdown)
    yield* Effect.sync(() => core.setOutput("folder", inputs.folder))
    return { code, markdown, plan, isMade: code === 0 || code === 4 }
  })

/** Waits up to a minute for GitHub to merge a pull request into its base. */
export const awaitMerge = <E, R>(look: Effect.Effect<Merge, E, R>): Effect.Effect<Merge, E, R> =>
  Effect.flatMap(look, (first) => {
    const again = Effect.repeat(Effect.delay(look, "3 seconds"), { while: ({ _tag }) => _tag === "NotYet", times: 19 })
    return first._tag === "NotYet" ? again : Effect.succeed(first)
  }).pipe(Effect.interruptible)

/** Returns the reason why a pull request has no plan, as a sentence, and what to do. */
const withoutPlan = ({ _tag }: Exclude<Merge, { readonly _tag: "Made" }>, { base }: PullRequest): string =>
  ({
    Conflict: `This pull request conflicts with ${base}. Resolve the conflict: the next push is planned.`,
    Superseded: "A newer commit was pushed and has its own run.",
    NotYet: `GitHub did not create the merge commit of this pull request into ${base} within a minute. Run the workflow again.`
  })[_tag]

const incomplete = "This plan is incomplete: an apply leaves out what it does not list. Run the workflow again."

const fork = "This pull request comes from a fork, which gets no key. Push its branch to this repository to plan it."

/** Plans the merge of a pull request into its base, and writes the plan as a comment, which replaces an earlier one. */
const planPull = (inputs: Inputs) =>
  Effect.gen(function* () {
    const github = yield* GitHub
    const pull = yield* pullRequest
    const marker = report.hidden("checkpoint-permissions: plan")
    const publish = (markdown: string, whole: string) =>
      Effect.zipRight(
        summarize(markdown, whole),
        comment(pull.number, marker, report.comment(marker, markdown, `the [summary of the run](${github.runUrl})`))
      )
    const unplanned = (why: string) => publish(["### Access plan: not made", "", why, ""].join("\n"), "the log")
    if (pull.isFork) return yield* Effect.as(unplanned(fork), 0)
    yield* needsKey(inputs)
    const merge = yield* awaitMerge(mergeOf(pull))
    if (merge._tag !== "Made") return yield* Effect.as(unplanned(withoutPlan(merge, pull)), 4)
    const { code, isMade, markdown } = yield* makePlan(inputs, yield* takePolicies(inputs, merge.commit, merge.parent))
    const artifact = planName(pull.head, pull.base, inputs)
    yield* publish(
      code === 4 ? `${markdown}\n${incomplete}\n` : markdown,
      isMade ? `plan.md of the artifact ${artifact}` : "the log"
    )
    // a plan without its comment was shown to nobody
    if (isMade) yield* Effect.sync(() => core.setOutput("artifact", artifact))
    return code
  }).pipe(Effect.scoped)

/** Plans the steps of a branch that are due, or its whole policy, for an approval. */
const planBranch = (inputs: Inputs) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* needsKey(inputs)
    const from = yield* tipOf
    const { record } = yield* takeRecord(inputs, from)
    const { files, own } = yield* takePolicies(inputs, from.tip)
    const state = inputs.isEverything ? [] : ["--state", record]
    const { code, isMade, markdown, plan } = yield* makePlan(inputs, { own, files: [...files, ...state] })
    yield* summarize(markdown, "the log")
    if (isMade) {
      const steps = AppliedAccess.stepsOf(yield* AccessPlan.fromJson(yield* fs.readFileString(plan))).length
      yield* Effect.sync(() => {
        core.setOutput("artifact", "access-approved")
        core.setOutput("steps", String(steps))
      })
    }
    return code
  }).pipe(Effect.scoped)

/** Plans a pull request, or in a manual run the branch. */
export const plan = (inputs: Inputs) =>
  Effect.flatMap(GitHub, ({ event }) => (event === "workflow_dispatch" ? planBranch(inputs) : planPull(inputs)))
