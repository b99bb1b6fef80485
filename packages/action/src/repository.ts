/** The repository on GitHub: files, commits, merges, and the last apply. */
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { GitHub, type GitHubError, request } from "./github.ts"
import { WrongUse } from "./inputs.ts"

const optional = <A, R>(found: Effect.Effect<A, GitHubError, R>) =>
  Effect.catchIf(
    found,
    ({ status }) => status === 404,
    () => Effect.succeed(undefined)
  )

export interface PullRequest {
  readonly number: number
  /** Its newest commit. A run for the pull request is for this commit. */
  readonly head: string
  /** The branch that it is to be merged into. */
  readonly base: string
}

/** The pull request of the run. `isFork` is true if it comes from another repository. */
export const pullRequest = Effect.gen(function* () {
  const { repo, run } = yield* GitHub
  const pull = run.payload.pull_request
  if (pull === undefined) {
    return yield* new WrongUse({ message: "this run is not for a pull request: run plan on pull_request_target" })
  }
  const { base, head, number } = pull
  const isFork = head.repo?.full_name !== `${repo.owner}/${repo.repo}`
  return { pull: { number, head: head.sha, base: base.ref } satisfies PullRequest, isFork }
})

/** The reason why a pull request has no plan, as a sentence, and what to do. */
export class NotPlanned extends Data.TaggedError("NotPlanned")<{
  readonly message: string
  readonly code: number
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
export const mergeOf = ({ base, head, number }: PullRequest) =>
  Effect.gen(function* () {
    const pull = yield* readPull(number)
    const reasons = [
      [pull.merged, "This pull request is merged."],
      [pull.head.sha !== head, "A newer commit was pushed and has its own run."],
      [pull.base.ref !== base, `The base of this pull request is now ${pull.base.ref}. The next push is planned.`],
      [pull.mergeable === false, `This pull request conflicts with ${base}. Resolve it: the next push is planned.`]
    ] as const
    const [, message] = reasons.find(([holds]) => holds) ?? []
    if (message !== undefined) return yield* new NotPlanned({ message, code: 4 })
    const commit = pull.mergeable === null ? null : pull.merge_commit_sha
    const [parent, second] = commit === null ? [] : yield* parentsOf(commit)
    if (commit !== null && parent !== undefined && second === head) return { commit, base: parent }
    const early = `GitHub did not create the merge commit of this pull request into ${base} within a minute. Run the workflow again.`
    return yield* new NotPlanned({ message: early, code: 4, isEarly: true })
  })

/** Returns true if a pull request is not merged yet, and has no newer commit. */
export const isCurrent = ({ head, number }: PullRequest) =>
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
    optional
  )

const isList = Schema.is(Schema.Array(Schema.Struct({ type: Schema.String, path: Schema.String })))

/** The maximum number of files that GitHub lists of a folder. It does not say that there are more. */
const maxFiles = 1000

/** Reads a policy file at a commit, or the policy files of a folder, each with its path. */
export const policiesAt = (path: string, commit: string) =>
  Effect.gen(function* () {
    const content = yield* contentAt(path, commit)
    if (typeof content === "string") return [{ path, text: content }]
    const list = isList(content) ? content : []
    if (list.length >= maxFiles) {
      return yield* new WrongUse({ message: `the folder ${path} has ${maxFiles} files or more: pass its policy files` })
    }
    const files = list.filter((one) => one.type === "file" && /\.(ya?ml|json)$/.test(one.path))
    const texts = yield* Effect.forEach(files, (file) => contentAt(file.path, commit))
    return files.flatMap(({ path }, at) => {
      const text = texts[at]
      return typeof text === "string" ? [{ path, text }] : []
    })
  })

/** Returns the branch of the run and its newest commit, which may be newer than that of the event. */
export const tipOf = Effect.gen(function* () {
  const { run } = yield* GitHub
  const branch = /^refs\/heads\/(.+)$/.exec(run.ref)?.[1]
  if (branch === undefined)
    return yield* new WrongUse({ message: "this run is not for a branch: run it on the main branch" })
  const { data } = yield* request(`the branch ${branch} could not be read`, ({ octokit, repo }) =>
    octokit.rest.repos.getBranch({ ...repo, branch })
  )
  return { branch, tip: data.commit.sha }
})

/** Returns the commit and the start of the last successful run of this workflow on a branch. */
export const lastApply = (branch: string) =>
  Effect.flatMap(workflow, (path) =>
    request("the runs of the workflow could not be listed", ({ octokit, repo }) =>
      octokit.rest.actions.listWorkflowRuns({
        ...repo,
        workflow_id: path.replace(/^.*\//, ""),
        branch,
        status: "success",
        per_page: 100
      })
    )
  ).pipe(
    Effect.map(({ data }) => {
      const run = data.workflow_runs.find(
        ({ event, head_branch }) => event !== "pull_request" && head_branch === branch
      )
      return run && { commit: run.head_sha, at: run.run_started_at ?? run.created_at }
    })
  )

/** The path of the workflow file that the user wrote: that of the caller. */
export const workflow = Effect.gen(function* () {
  const { owner, repo } = (yield* GitHub).repo
  const ref = yield* Config.string("GITHUB_WORKFLOW_REF")
  return ref.slice(`${owner}/${repo}/`.length).replace(/@.*$/, "")
})
