/** The repository on GitHub: files, commits, merges, and the artifacts of trusted runs. */
import { createHash } from "node:crypto"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { strFromU8, unzipSync } from "fflate"
import { GitHub, type GitHubError, messageOf, request } from "./github.ts"
import { type Inputs, WrongUse } from "./inputs.ts"

/** Returns `undefined` for what GitHub does not have. */
const optional = <A, R>(found: Effect.Effect<A, GitHubError, R>) =>
  Effect.catchIf(
    found,
    ({ status }) => status === 404,
    () => Effect.succeed(undefined)
  )

/** Returns the name of what a run keeps or writes about a branch: it differs between servers and sets of policies. */
export const nameOf = (kind: string, branch: string, { policy, server }: Pick<Inputs, "policy" | "server">): string => {
  const digest = createHash("sha256").update(JSON.stringify([server, branch, ...policy.toSorted()]))
  return `access-${kind}-${digest.digest("hex").slice(0, 12)}`
}

/** Returns the name of the artifact with the plan of a pull request. */
export const planName = ({ base, head, number }: PullRequest, inputs: Inputs): string =>
  nameOf(`plan-${number}-${head}`, base, inputs)

/** A pull request. */
export interface PullRequest {
  readonly number: number
  /** Its newest commit. A run for the pull request is for this commit. */
  readonly head: string
  /** The branch that it is to be merged into. */
  readonly base: string
  /** The time of its merge. */
  readonly mergedAt?: string
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

/**
 * Reads the merge commit of a pull request once. The merge is outdated if the head of the pull request is not its
 * second parent.
 */
export const mergeOf = ({ base, head, number }: PullRequest) =>
  Effect.gen(function* () {
    const refuse = (message: string, isEarly = false) => new NotPlanned({ message, code: 4, isEarly })
    const early = refuse(
      `GitHub did not create the merge commit of this pull request into ${base} within a minute. Run the workflow again.`,
      true
    )
    const { data: pull } = yield* request("the pull request could not be read", ({ octokit, repo }) =>
      octokit.rest.pulls.get({ ...repo, pull_number: number })
    )
    if (pull.head.sha !== head) return yield* refuse("A newer commit was pushed and has its own run.")
    if (pull.base.ref !== base)
      return yield* refuse(`The base of this pull request is now ${pull.base.ref}. The next push is planned.`)
    if (pull.mergeable === false)
      return yield* refuse(`This pull request conflicts with ${base}. Resolve the conflict: the next push is planned.`)
    const commit = pull.merge_commit_sha
    if (pull.mergeable === null || commit === null) return yield* early
    const { data } = yield* request("the merge commit could not be read", ({ octokit, repo }) =>
      octokit.rest.git.getCommit({ ...repo, commit_sha: commit })
    )
    const [parent, second] = data.parents
    return parent === undefined || second?.sha !== head ? yield* early : { commit, parent: parent.sha }
  })

/** Waits up to a minute for GitHub to merge a pull request into its base. */
export const awaitMerge = <A, E, R>(look: Effect.Effect<A, E | NotPlanned, R>) =>
  Effect.retry(look, {
    schedule: Schedule.spaced("3 seconds"),
    times: 20,
    while: (error) => error instanceof NotPlanned && error.isEarly === true
  }).pipe(Effect.interruptible)

/** Reads a file at a commit as text; `undefined` if it is not there, or no file. */
export const fileAt = (path: string, commit: string) =>
  request<{ readonly data: unknown }>(`${path} could not be read at ${commit}`, ({ octokit, repo }) =>
    octokit.rest.repos.getContent({ ...repo, path, ref: commit, mediaType: { format: "raw" } })
  ).pipe(
    Effect.map(({ data }) => {
      if (data instanceof ArrayBuffer) return Buffer.from(data).toString("utf8")
      return typeof data === "string" ? data : undefined
    }),
    optional
  )

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

/** Commits of a branch, with the first parent of each. */
export type Commits = ReadonlyMap<string, string | undefined>

/**
 * Returns the commits of `head` that are not in the history of `base`, or `undefined` if `base` is not in the history of
 * `head`. A commit that GitHub removed after a force push is not.
 */
export const commitsSince = (base: string, head: string) =>
  request("two commits could not be compared", async ({ octokit, repo }): Promise<Commits | undefined> => {
    const found = new Map<string, string | undefined>()
    const range = { ...repo, basehead: `${base}...${head}`, per_page: 100 }
    for (let page = 1; ; page++) {
      const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...range, page })
      if (data.status !== "ahead" && data.status !== "identical") return undefined
      for (const { parents, sha } of data.commits) found.set(sha, parents[0]?.sha)
      if (data.commits.length < range.per_page) return found
    }
  }).pipe(optional)

/**
 * Returns true if a commit was the tip of a branch: first parents lead from the tip to it. A commit that only a merge
 * brought into the history was not. Its workflows may differ from all that the branch had.
 */
export const wasTip = (commit: string, tip: string) =>
  Effect.map(commitsSince(commit, tip), (commits) => {
    let at: string | undefined = tip
    while (at !== undefined && at !== commit) at = commits?.get(at)
    return at === commit
  })

/** Lists the commits in a range that changed a policy, newest first. */
const policyCommits = (path: string, head: string, range: Commits) =>
  request(`the commits of ${path} could not be listed`, ({ octokit, repo }) =>
    octokit.paginate(octokit.rest.repos.listCommits, { ...repo, path, sha: head, per_page: 100 }, ({ data }, done) => {
      const inRange = data.map(({ sha }) => sha).filter((sha) => range.has(sha))
      if (inRange.length === 0) done()
      return inRange
    })
  )

/**
 * Lists the pull requests that brought changes of the policies into a branch with a range of commits, oldest first.
 * Without a range, that of the tip.
 */
export const pullsOf = ({ policy }: Inputs, branch: string, tip: string, range: Commits | undefined) =>
  Effect.gen(function* () {
    const listed = range && (yield* Effect.forEach(policy, (path) => policyCommits(path, tip, range)))
    const pulls = new Map<number, PullRequest>()
    for (const commit of new Set(listed?.flat() ?? [tip])) {
      const { data } = yield* request("the pull request of a commit could not be found", ({ octokit, repo }) =>
        octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: commit, per_page: 100 })
      )
      for (const { base, head, merge_commit_sha: merge, merged_at: mergedAt, number } of data) {
        // after a rebase, `merge` is the last of the resulting commits
        const isMerged = mergedAt !== null && merge !== null && base.ref === branch
        if (isMerged && (range?.has(merge) ?? merge === tip))
          pulls.set(number, { number, head: head.sha, base: branch, mergedAt })
      }
    }
    return [...pulls.values()].sort((a, b) => a.number - b.number)
  })

/** The failure of an artifact that cannot be used. */
export class Unusable extends Data.TaggedError("Unusable")<{ readonly message: string }> {}

const unusable = (reason: string) => new Unusable({ message: `its artifact cannot be used: ${reason}` })

/** Returns a file of an artifact. Other files are not inflated. */
const unzipped = (zip: unknown, file: string) =>
  Effect.try({
    try: () => {
      const bytes = zip instanceof ArrayBuffer ? new Uint8Array(zip) : new Uint8Array()
      const found = unzipSync(bytes, { filter: ({ name }) => name === file })[file]
      if (found === undefined) throw new Error(`it has no ${file}`)
      return strFromU8(found)
    },
    catch: (cause) => unusable(messageOf(cause))
  })

/** A run of a workflow that made an artifact. */
interface Run {
  readonly path: string
  readonly event: string
  readonly head_sha: string
  readonly conclusion: string | null
}

/** The maximum number of pages of artifacts that are searched for one of a trusted run, of 100 artifacts each. */
const maxPages = 10

/**
 * Reads a file of the newest artifact with a name that a trusted run made, with `branch` one of that branch. Returns
 * `undefined` if there is none. An artifact of another run has another author, even if it has the same name.
 */
export const newestArtifact = <E, R>(
  { branch, file, name }: { readonly name: string; readonly file: string; readonly branch?: string },
  isTrusted: (run: Run) => Effect.Effect<boolean, E, R>
) =>
  Effect.gen(function* () {
    for (let page = 1; page <= maxPages; page++) {
      const { data: found } = yield* request(`the artifact ${name} could not be looked up`, ({ octokit, repo }) =>
        octokit.rest.actions.listArtifactsForRepo({ ...repo, name, per_page: 100, page })
      )
      for (const { expired, id, workflow_run: run } of found.artifacts.toSorted((a, b) => b.id - a.id)) {
        const runId = run?.id
        if (expired || runId === undefined || (branch !== undefined && run?.head_branch !== branch)) continue
        const { data: by } = yield* request("the run of an artifact could not be read", ({ octokit, repo }) =>
          octokit.rest.actions.getWorkflowRun({ ...repo, run_id: runId })
        )
        if (!(yield* isTrusted(by))) continue
        const { data: zip } = yield* request("an artifact could not be downloaded", ({ octokit, repo }) =>
          octokit.rest.actions.downloadArtifact({ ...repo, artifact_id: id, archive_format: "zip" })
        )
        return { text: yield* unzipped(zip, file), run: by }
      }
      if (found.artifacts.length < 100) return undefined
    }
    return yield* unusable(`the newest ${maxPages * 100} of its name are of other runs`)
  })

/** Returns true if the workflow of a run is a file of the default branch. Older servers of GitHub name another branch. */
export const isWorkflow = (file: string, path: string) =>
  request("the default branch could not be read", ({ octokit, repo }) => octokit.rest.repos.get(repo)).pipe(
    Effect.map(({ data: { default_branch: branch } }) => {
      const name = `.github/workflows/${file}`
      return [name, `${name}@${branch}`, `${name}@refs/heads/${branch}`].includes(path)
    })
  )
