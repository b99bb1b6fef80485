/** What the action does: a plan as a comment, an apply of what was reviewed, an issue of what differs. */
import * as core from "@actions/core"
import { fenced, pluralize } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { artifactOf, GitHub, GitHubError, textOf } from "./github.ts"
import { type Inputs, WrongUse } from "./inputs.ts"
import * as Program from "./program.ts"
import * as report from "./report.ts"
import { stepsOf, unreviewed } from "./reviewed.ts"

/** What `plan` exits with when all of the plan, or a part of it, was made. */
const isPlanned = (code: number): boolean => code === 0 || code === 4

const policyFiles = ({ policy }: Inputs, option: string) => policy.flatMap((name) => [option, name])

/** The policies of a commit as files of the folder, under their own names. Nothing else of the commit is taken. */
const takePolicies = (inputs: Inputs, commit: string) =>
  Effect.gen(function* () {
    const { folder, policy } = inputs
    const github = yield* GitHub
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (const name of policy) {
      const file = path.join(folder, name)
      yield* fs.makeDirectory(path.dirname(file), { recursive: true })
      yield* fs.writeFileString(file, yield* github.fileAt(name, commit))
    }
    return policyFiles(inputs, "--file")
  })

/** Marks the mistakes of a policy at their lines. GitHub shows the first ten. */
const annotate = ({ policy }: Inputs, lines: ReadonlyArray<string>) =>
  Effect.sync(() => {
    for (const { column, file, line, message } of report.annotations(lines, policy).slice(0, report.annotationLimit)) {
      core.error(message, { file, startLine: line, startColumn: column })
    }
  })

/** Writes the summary of the run. */
const summarize = (markdown: string, whole: string) =>
  Effect.tryPromise({
    try: () => core.summary.addRaw(report.summary(markdown, whole), true).write(),
    catch: (cause) => new GitHubError({ message: `the summary could not be written: ${textOf(cause)}` })
  })

/** What a command printed, as Markdown in which it has no meaning. */
const shown = (title: string, lines: ReadonlyArray<string>): string =>
  [`### ${title}`, "", fenced(lines.join("\n"), "text"), ""].join("\n")

const needsKey = ({ adminKey }: Inputs) =>
  Redacted.value(adminKey) === "" ? new WrongUse({ message: "admin-key is empty: is the secret set?" }) : Effect.void

/** Makes a plan of the policies of a commit. Its files are the plan, and what is to be read of it. */
const makePlan = (inputs: Inputs, commit: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const files = yield* takePolicies(inputs, commit)
    const plan = path.join(inputs.folder, "plan.json")
    // that of an earlier run would pass for the plan of this commit
    yield* fs.remove(plan, { force: true })
    const { code, stderr, stdout } = yield* Program.run(inputs, [
      "plan",
      ...files,
      ...["--format", "markdown", "--out", plan, "--force"]
    ])
    const lines = report.told(stderr)
    yield* annotate(inputs, lines)
    const isMade = isPlanned(code)
    const markdown = isMade ? stdout : shown("Access plan: not made", lines)
    yield* fs.writeFileString(path.join(inputs.folder, "plan.md"), markdown)
    return { code, isMade, markdown, plan }
  })

const forkNote = [
  "### Access plan: not made",
  "",
  "This pull request comes from a fork, which is given no key. Push its branch to this repository to have a plan.",
  ""
].join("\n")

/** The plan of a pull request, as its one comment. */
export const plan = (inputs: Inputs) =>
  Effect.gen(function* () {
    const github = yield* GitHub
    const { head, isFork, number } = yield* github.pullRequest
    const marker = report.markerOf("plan")
    const summaryOfRun = `the [summary of the run](${github.runUrl})`
    const say = (markdown: string) =>
      github.comment(number, { marker, body: report.comment(marker, markdown, summaryOfRun) })
    if (isFork) {
      yield* summarize(forkNote, "")
      yield* say(forkNote)
      return 0
    }
    yield* needsKey(inputs)
    const made = yield* makePlan(inputs, head)
    yield* Effect.sync(() => core.setOutput("artifact", artifactOf(head)))
    yield* Effect.sync(() => core.setOutput("folder", inputs.folder))
    yield* summarize(made.markdown, `plan.md of the artifact ${artifactOf(head)}`)
    yield* say(made.markdown)
    return made.code
  })

/** The plan of the merged policies, carried out if each of its steps was in the plan of the pull request. */
export const apply = (inputs: Inputs) =>
  Effect.gen(function* () {
    const github = yield* GitHub
    const fs = yield* FileSystem.FileSystem
    yield* needsKey(inputs)
    const made = yield* makePlan(inputs, github.commit)
    yield* Effect.sync(() => core.setOutput("folder", inputs.folder))
    if (!made.isMade) {
      yield* summarize(made.markdown, "the log")
      return made.code
    }
    if (inputs.isReviewed) {
      const now = yield* stepsOf(yield* fs.readFileString(made.plan))
      const reviewed = yield* github.reviewedPlan(github.commit)
      const missing = reviewed === undefined ? now.steps : unreviewed(now, yield* stepsOf(reviewed))
      if (missing.length > 0) {
        const why =
          reviewed === undefined
            ? "There is no plan of a merged pull request for this commit."
            : "These steps are not in the plan that was reviewed:"
        const todo = "Nothing was changed. Review them, and run this workflow by hand with `reviewed: false`."
        const title = `### Access apply: refused, ${pluralize(missing.length, "step")} not reviewed`
        const markdown = [title, "", why, "", fenced(missing.join("\n"), "diff"), "", todo, ""].join("\n")
        yield* summarize(markdown, "the log")
        yield* Effect.sync(() =>
          core.error(`${pluralize(missing.length, "step")} of the plan not reviewed: nothing was changed`)
        )
        return 5
      }
    }
    const { code, stderr, stdout } = yield* Program.run(inputs, [
      "apply",
      ...["--plan", made.plan, "--yes"],
      ...["--journal", "access.journal", "--backup", "before.yaml"],
      ...inputs.applyOptions
    ])
    const lines = [...stdout.split("\n").filter((line) => line !== ""), ...report.told(stderr)]
    yield* summarize(shown(code === 0 ? "Access apply: done" : `Access apply: exit code ${code}`, lines), "the log")
    return code
  })

/** Reports what differs from the policies as the one open issue, which is closed when nothing differs any more. */
export const drift = (inputs: Inputs) =>
  Effect.gen(function* () {
    const github = yield* GitHub
    yield* needsKey(inputs)
    const files = yield* takePolicies(inputs, github.commit)
    const { code, stderr, stdout } = yield* Program.run(inputs, ["drift", ...files, "--format", "markdown"])
    const lines = report.told(stderr)
    yield* annotate(inputs, lines)
    yield* Effect.sync(() => core.setOutput("folder", inputs.folder))
    const isTold = code === 0 || code === 3 || code === 4
    const markdown = isTold ? stdout : shown("Access drift: not known", lines)
    yield* summarize(markdown, "the log")
    if (!isTold) return code
    const marker = report.markerOf("drift")
    const note = { marker, body: report.comment(marker, markdown, `the [summary of the run](${github.runUrl})`) }
    yield* code === 0 ? github.closeIssue(note) : github.openIssue("Access differs from the policy", note)
    // the issue reports a difference
    return code === 3 ? 0 : code
  })
