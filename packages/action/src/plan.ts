/** The plan of the policies of a commit: the comment of a pull request, or the summary of a manual run. */
import * as core from "@actions/core"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { comment } from "./comments.ts"
import { ask, GitHub } from "./github.ts"
import type { Inputs } from "./inputs.ts"
import * as Program from "./program.ts"
import * as report from "./report.ts"
import * as repository from "./repository.ts"

/** The folder of the base in a folder of policies, which messages name. */
const baseFolder = "(base)"

/**
 * Writes the policies of a commit into a new folder, each at its own path, and those of `base` into a folder of it. Files
 * that are not in a commit are left out. Of a folder, its policies are written. Returns the folder and the options of the
 * command line that name them. The folder is removed when the scope closes.
 */
export const takePolicies = ({ folder, policy }: Inputs, commit: string, base?: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const own = yield* fs.makeTempDirectoryScoped({ directory: folder, prefix: "policies-" })
    const sides = [["", commit], ...(base === undefined ? [] : [[baseFolder, base] as const])] as const
    for (const name of policy)
      for (const [at, from] of sides)
        for (const { path: found, text } of yield* repository.policiesAt(name, from)) {
          const file = path.join(own, at, found)
          yield* fs.makeDirectory(path.dirname(file), { recursive: true })
          yield* fs.writeFileString(file, text)
        }
    const changed = base === undefined ? [] : policy.flatMap((name) => ["--changed", path.join(baseFolder, name)])
    return { own, files: [...policy.flatMap((name) => ["--file", name]), ...changed] }
  })

export const summarize = (markdown: string) =>
  ask<unknown>("the summary could not be written", () => core.summary.addRaw(report.summary(markdown), true).write())

const fork = "This pull request comes from a fork, which gets no key. Push its branch to this repository to plan it."

/** Plans a commit against that of its base, if there is one. */
const makePlan = (inputs: Inputs, file: string, commit: string, base?: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { files, own } = yield* takePolicies(inputs, commit, base)
    const form = ["--format", "markdown", "--out", file, "--force"]
    const { code, stderr, stdout } = yield* Program.run(inputs, own, ["plan", ...files, ...form])
    // an incomplete plan counts for the checkpoints that it read: it may have read none
    if (code === 4 && (yield* fs.exists(`${file}.partial`))) yield* fs.rename(`${file}.partial`, file)
    return { code, markdown: stdout === "" ? report.shown("Access plan: not made", stderr) : stdout }
  })

/** Plans a pull request into its comment, or in a manual run the due steps of the branch, or its whole policy. */
export const plan = (inputs: Inputs) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { run } = yield* GitHub
    const file = path.join(inputs.folder, "plan.json")
    // otherwise a plan of an earlier run could be used for this commit
    yield* fs.remove(file, { force: true })
    const output = (name: string, value: string) => Effect.sync(() => core.setOutput(name, value))
    if (run.eventName === "workflow_dispatch") {
      const { tip } = yield* repository.tipOf
      const { code, markdown } = yield* makePlan(inputs, file, tip)
      yield* summarize(markdown)
      if (!(yield* fs.exists(file))) return code
      const { counts } = yield* AccessPlan.fromJson(yield* fs.readFileString(file))
      yield* output("steps", String(counts.grants + counts.revokes))
      return code
    }
    const { isFork, pull } = yield* repository.pullRequest
    const subject = isFork
      ? new repository.NotPlanned({ message: fork, code: 0 })
      : repository.awaitMerge(repository.mergeOf(pull))
    const { code, markdown } = yield* Effect.flatMap(subject, ({ base, commit }) =>
      makePlan(inputs, file, commit, base)
    ).pipe(
      Effect.catchTag("NotPlanned", ({ code, message }) =>
        Effect.succeed({ code, markdown: report.shown("Access plan: not made", message) })
      )
    )
    // the comments of two servers may list the same steps
    const about = [pull.head, ...inputs.policy, ...inputs.server].filter((one) => one !== "")
    const body = `${markdown}\nFor ${about.map((one) => `\`${one}\``).join(", ")}.\n`
    yield* summarize(body)
    // a later run for a newer commit may have written its comment, and a reviewer may have read an earlier one
    if (!(yield* repository.isCurrent(pull))) return code
    const name = JSON.stringify(["plan", yield* repository.workflow, ...inputs.server])
    yield* comment(inputs, pull.number, name, body)
    yield* fs.writeFileString(path.join(inputs.folder, "comment.md"), body)
    return code
  }).pipe(Effect.scoped)
