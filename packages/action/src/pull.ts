/** The plan of a pull request as its comment. Nothing of it is checked out: its policies are read as text. */
import { dirname, join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { comment } from "./comments.ts"
import { GitHub, request, summarize, workflow } from "./github.ts"
import { type Inputs, wrongUse } from "./inputs.ts"
import * as Program from "./program.ts"
import * as report from "./report.ts"

/** The pull request of the run. */
const pullRequest = Effect.gen(function* () {
  const { repo, run } = yield* GitHub
  const pull = run.payload.pull_request
  if (pull === undefined) return yield* wrongUse("this run is not for a pull request: run it on pull_request_target")
  const { base, head, number } = pull
  const isFork = head.repo?.full_name !== `${repo.owner}/${repo.repo}`
  // a run for the pull request is for its newest commit
  return { number, head: String(head.sha), base: String(base.ref), isFork }
})

type PullRequest = Effect.Effect.Success<typeof pullRequest>

/** The reason why a pull request has no plan, as a sentence, and what to do. */
export class NotPlanned extends Data.TaggedError("NotPlanned")<{
  readonly message: string
  /** True if GitHub has not merged it yet. */
  readonly isEarly?: boolean
}> {}

const readPull = (number: number) =>
  request("the pull request could not be read", ({ octokit, repo }) =>
    octokit.rest.pulls.get({ ...repo, pull_number: number })
  ).pipe(Effect.map(({ data }) => data))

const parentsOf = (commit: string) =>
  request(`the commit ${commit} could not be read`, ({ octokit, repo }) =>
    octokit.rest.git.getCommit({ ...repo, commit_sha: commit })
  ).pipe(Effect.map(({ data }) => data.parents.map(({ sha }) => sha)))

/**
 * Reads the merge commit of a pull request once. The merge is outdated if the head of the pull request is not its
 * second parent.
 */
const mergeOf = ({ base, head, isFork, number }: PullRequest) =>
  Effect.gen(function* () {
    const pull = yield* readPull(number)
    const reasons = [
      [isFork, "This pull request comes from a fork, which gets no key. Push its branch to this repository."],
      [pull.merged, "This pull request is merged."],
      [pull.head.sha !== head, "A newer commit was pushed and has its own run."],
      [pull.base.ref !== base, `The base of this pull request is now ${pull.base.ref}. That change has its own run.`],
      [pull.mergeable === false, `This pull request conflicts with ${base}. Resolve it: the next push is planned.`]
    ] as const
    const [, message] = reasons.find(([holds]) => holds) ?? []
    if (message !== undefined) return yield* new NotPlanned({ message })
    const commit = pull.mergeable === null ? null : pull.merge_commit_sha
    const [parent, second] = commit === null ? [] : yield* parentsOf(commit)
    if (commit !== null && parent !== undefined && second === head) return { commit, base: parent }
    const early = `GitHub did not create the merge commit of this pull request into ${base} within a minute. Run the workflow again.`
    return yield* new NotPlanned({ message: early, isEarly: true })
  })

/** Returns true if a pull request is not merged yet, and has no newer commit. */
const isCurrent = ({ head, number }: PullRequest) =>
  Effect.map(readPull(number), (pull) => !pull.merged && pull.head.sha === head)

/** Waits up to a minute for GitHub to merge a pull request into its base. */
export const awaitMerge = <A, E, R>(look: Effect.Effect<A, E | NotPlanned, R>) =>
  Effect.retry(look, {
    schedule: Schedule.spaced("3 seconds"),
    times: 20,
    while: (error) => error instanceof NotPlanned && error.isEarly === true
  }).pipe(Effect.interruptible)

/** Reads a file at a commit as text, or the list of a folder; `undefined` if it is not there. */
const contentAt = (path: string, commit: string) =>
  request<{ readonly data: unknown }>(`${path} could not be read at ${commit}`, ({ octokit, repo }) =>
    octokit.rest.repos.getContent({ ...repo, path, ref: commit, mediaType: { format: "raw" } })
  ).pipe(
    Effect.map(({ data }) => (data instanceof ArrayBuffer ? Buffer.from(data).toString("utf8") : data)),
    Effect.catchAll((error) => (error.status === 404 ? Effect.succeed(undefined) : error))
  )

const isList = Schema.is(Schema.Array(Schema.Struct({ type: Schema.String, path: Schema.String })))

/** The maximum number of files that GitHub lists of a folder. It does not say that there are more. */
const maxFiles = 1000

/** Reads a policy file at a commit, or the policy files of a folder, each with its path. */
const policiesAt = (path: string, commit: string) =>
  Effect.gen(function* () {
    const content = yield* contentAt(path, commit)
    if (typeof content === "string") return [{ path, text: content }]
    const list = isList(content) ? content : []
    if (list.length >= maxFiles) return yield* wrongUse(`${path} has ${maxFiles} files or more: pass its policy files`)
    const files = list.filter((one) => one.type === "file" && /\.(ya?ml|json)$/.test(one.path))
    return yield* Effect.forEach(files, ({ path }) =>
      Effect.map(contentAt(path, commit), (text) => ({ path, text: typeof text === "string" ? text : "" }))
    )
  })

/** The folder of the base in a folder of policies, which messages name. */
const baseFolder = "(base)"

const failed = "Access plan: not made"

/**
 * Plans a merge against its base: the policies of both are written into a folder. A file that is not in a commit is left
 * out. The exit code is 3 if the merge changes something.
 */
const planMerge = (inputs: Inputs, { base, commit }: Readonly<Record<"base" | "commit", string>>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ directory: inputs.folder, prefix: "policies-" })
    for (const name of inputs.policy)
      for (const [at, from] of [["", commit] as const, [baseFolder, base] as const])
        for (const { path, text } of yield* policiesAt(name, from)) {
          const file = join(folder, at, path)
          yield* fs.makeDirectory(dirname(file), { recursive: true })
          yield* fs.writeFileString(file, text)
        }
    const changed = inputs.policy.flatMap((name) => ["--changed", join(baseFolder, name)])
    const options = ["plan", ...inputs.files, ...changed, "--format", "markdown", "--exit-code"]
    const done = yield* Program.run(inputs, folder, options)
    return { code: done.code, markdown: report.ofProgram(failed, done) }
  }).pipe(Effect.scoped)

/**
 * Plans a pull request into its comment, or the merge of a queue into the summary. Without a change, the plan only replaces
 * an earlier comment.
 */
export const planChange = (inputs: Inputs) =>
  Effect.gen(function* () {
    const { run } = yield* GitHub
    const pull = run.eventName === "merge_group" ? undefined : yield* pullRequest
    // the merge of a queue is compared with the branch, or with the merge before it
    const queued = { commit: run.sha, base: String(run.payload["merge_group"]?.base_sha) }
    const { code, markdown } = yield* (pull === undefined ? Effect.succeed(queued) : awaitMerge(mergeOf(pull))).pipe(
      Effect.flatMap((merge) => planMerge(inputs, merge)),
      Effect.catchTag("NotPlanned", ({ message }) =>
        Effect.succeed({ code: 4, markdown: report.shown(failed, message) })
      )
    )
    // the comments of two servers may list the same steps
    const about = [pull?.head ?? run.sha, ...inputs.policy, ...inputs.server].filter((one) => one !== "")
    const body = `${markdown}\nFor ${about.map((one) => `\`${one}\``).join(", ")}.\n`
    yield* summarize(body)
    const name = JSON.stringify(["plan", yield* workflow, ...inputs.server])
    // a later run for a newer commit may have written its comment, and a reviewer may have read an earlier one
    if (pull !== undefined && (yield* isCurrent(pull))) yield* comment(inputs, pull.number, name, body, code !== 0)
    return code
  })
