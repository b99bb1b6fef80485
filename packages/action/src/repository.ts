/** The repository on GitHub: files, commits, merges, and the artifacts of trusted runs. */
import { createHash } from "node:crypto"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { strFromU8, unzipSync } from "fflate"
import { GitHub, GitHubError, messageOf, request } from "./github.ts"
import { type Inputs, WrongUse } from "./inputs.ts"

/** The pull request of a run. */
export interface PullRequest {
  readonly number: number
  /** The newest commit of the pull request. The run is for this commit. */
  readonly head: string
  /** The branch that the pull request is to be merged into. */
  readonly base: string
  /** True if it comes from another repository. */
  readonly isFork: boolean
}

/** The result of GitHub's test merge of a pull request into its base. */
export type Merge = Effect.Effect.Success<ReturnType<typeof mergeOf>>

/** Returns a short text for a branch and the policies. */
const digestOf = (branch: string, { policy }: Pick<Inputs, "policy">): string =>
  createHash("sha256")
    .update(JSON.stringify([branch, ...policy]))
    .digest("hex")
    .slice(0, 12)

/** Returns the name of the artifact with the plan of a pull request. It depends on head, base branch and policies. */
export const planName = (head: string, base: string, inputs: Pick<Inputs, "policy">): string =>
  `access-plan-${head}-${digestOf(base, inputs)}`

/** Returns the name of the artifact with the record of a branch and its policies. */
export const recordName = (branch: string, inputs: Pick<Inputs, "policy">): string =>
  `access-applied-${digestOf(branch, inputs)}`

/** The pull request of the run. */
export const pullRequest = Effect.gen(function* () {
  const { payload, repo } = yield* GitHub
  const { pull_request: pull } = payload
  const [base, head] = [pull?.["base"], pull?.["head"]]
  if (pull === undefined || typeof head?.sha !== "string" || typeof base?.ref !== "string") {
    return yield* new WrongUse({ message: "this run is not for a pull request: run plan on pull_request_target" })
  }
  const isFork = head.repo?.full_name !== `${repo.owner}/${repo.repo}`
  return { number: pull.number, head: head.sha, base: base.ref, isFork } satisfies PullRequest
})

/**
 * Reads the merge commit of a pull request once. The merge is outdated if the head of the pull request is not its
 * second parent.
 */
export const mergeOf = ({ head, number }: PullRequest) =>
  Effect.gen(function* () {
    const { data: pull } = yield* request("the pull request could not be read", ({ octokit, repo }) =>
      octokit.rest.pulls.get({ ...repo, pull_number: number })
    )
    if (pull.head.sha !== head) return { _tag: "Superseded" } as const
    if (pull.mergeable === false) return { _tag: "Conflict" } as const
    const commit = pull.merge_commit_sha
    if (pull.mergeable === null || commit === null) return { _tag: "NotYet" } as const
    const { data } = yield* request("the merge commit could not be read", ({ octokit, repo }) =>
      octokit.rest.git.getCommit({ ...repo, commit_sha: commit })
    )
    const [parent, second] = data.parents
    return parent === undefined || second?.sha !== head
      ? ({ _tag: "NotYet" } as const)
      : ({ _tag: "Made", commit, parent: parent.sha } as const)
  })

/** Reads a file at a commit as text; `undefined` if it is not there. A symbolic link is refused. */
export const fileAt = (path: string, commit: string) =>
  Effect.gen(function* () {
    const subject = `${path} could not be read at ${commit}`
    const found = yield* request(subject, ({ octokit, repo }) =>
      octokit.rest.repos.getContent({ ...repo, path, ref: commit })
    ).pipe(
      Effect.catchIf(
        ({ status }) => status === 404,
        () => Effect.succeed(undefined)
      )
    )
    if (found === undefined) return undefined
    const { data } = found
    if (Array.isArray(data) || data.type !== "file") return yield* new WrongUse({ message: `${path} is not a file` })
    if (data.encoding === "base64") return Buffer.from(data.content, "base64").toString("utf8")
    // GitHub sends no content of a file over 1 MiB here
    const { data: raw }: { readonly data: unknown } = yield* request(subject, ({ octokit, repo }) =>
      octokit.rest.git.getBlob({ ...repo, file_sha: data.sha, mediaType: { format: "raw" } })
    )
    if (typeof raw === "string") return raw
    if (raw instanceof ArrayBuffer) return Buffer.from(raw).toString("utf8")
    return yield* new GitHubError({ message: `${subject}: GitHub sent no text`, status: undefined })
  })

/** Returns the branch of the run and its newest commit, which may be newer than that of the event. */
export const tipOf = Effect.gen(function* () {
  const { branch } = yield* GitHub
  if (branch === undefined)
    return yield* new WrongUse({ message: "this run is not for a branch: run it on the main branch" })
  const { data } = yield* request(`the branch ${branch} could not be read`, ({ octokit, repo }) =>
    octokit.rest.repos.getBranch({ ...repo, branch })
  )
  return { branch, tip: data.commit.sha }
})

const comparing = "two commits could not be compared"

/** Returns true if a commit is in the history of another one. A commit that GitHub removed after a force push is not. */
export const isInHistory = (commit: string, head: string) =>
  request(comparing, ({ octokit, repo }) =>
    octokit.rest.repos.compareCommitsWithBasehead({ ...repo, basehead: `${commit}...${head}`, per_page: 1 })
  ).pipe(
    Effect.map(({ data: { status } }) => status === "ahead" || status === "identical"),
    Effect.catchIf(
      ({ status }) => status === 404,
      () => Effect.succeed(false)
    )
  )

/** Returns the commits of `head` that are not in the history of `base`. */
const commitsBetween = (base: string, head: string) =>
  request(comparing, async ({ octokit, repo }) => {
    const commits = new Set<string>()
    const range = { ...repo, basehead: `${base}...${head}`, per_page: 100 }
    for (let page = 1, isLast = false; !isLast; page++) {
      const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...range, page })
      for (const { sha } of data.commits) commits.add(sha)
      isLast = data.commits.length < range.per_page
    }
    return commits
  })

/** Lists the commits in a range that changed a policy, newest first. */
const policyCommits = (path: string, head: string, range: ReadonlySet<string>) =>
  request(`the commits of ${path} could not be listed`, async ({ octokit, repo }) => {
    const found: Array<string> = []
    const commits = { ...repo, path, sha: head, per_page: 100 }
    for await (const { data } of octokit.paginate.iterator(octokit.rest.repos.listCommits, commits)) {
      const inRange = data.map(({ sha }) => sha).filter((sha) => range.has(sha))
      found.push(...inRange)
      if (inRange.length === 0) break
    }
    return found
  })

/** A merged pull request, with its newest commit. */
export interface MergedPull {
  readonly number: number
  readonly head: string
}

/**
 * Lists the pull requests that brought changes of the policies into a branch since a commit, oldest first. Without such a
 * commit, that of the tip.
 */
export const pullsSince = ({ policy }: Inputs, branch: string, tip: string, since: string | undefined) =>
  Effect.gen(function* () {
    const range = since === undefined ? new Set([tip]) : yield* commitsBetween(since, tip)
    const commits =
      since === undefined ? [[tip]] : yield* Effect.forEach(policy, (path) => policyCommits(path, tip, range))
    const pulls = new Map<number, MergedPull>()
    for (const commit of new Set(commits.flat())) {
      const { data } = yield* request("the pull request of a commit could not be found", ({ octokit, repo }) =>
        octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: commit })
      )
      for (const { base, head, merge_commit_sha: merge, merged_at: mergedAt, number } of data) {
        // after a rebase, `merge` is the last of the resulting commits
        if (mergedAt === null || merge === null || base.ref !== branch || !range.has(merge)) continue
        pulls.set(number, { number, head: head.sha })
      }
    }
    return [...pulls.values()].sort((a, b) => a.number - b.number)
  })

/** The failure of an artifact that cannot be used. */
export class BrokenArtifact extends Data.TaggedError("BrokenArtifact")<{ readonly reason: string }> {
  override get message(): string {
    return `its artifact cannot be used: ${this.reason}`
  }
}

/** Returns a file of an artifact. Other files are not inflated. */
const unzipped = (zip: unknown, file: string) =>
  Effect.try({
    try: () => {
      const bytes = zip instanceof ArrayBuffer ? new Uint8Array(zip) : new Uint8Array()
      return unzipSync(bytes, { filter: ({ name }) => name === file })[file]
    },
    catch: (cause) => new BrokenArtifact({ reason: `it is not a zip file: ${messageOf(cause)}` })
  }).pipe(
    Effect.filterOrFail(
      (found) => found !== undefined,
      () => new BrokenArtifact({ reason: `it has no ${file}` })
    ),
    Effect.map((found) => strFromU8(found))
  )

/** A run of a workflow that made an artifact. */
interface Run {
  readonly path: string
  readonly event: string
  readonly head_branch: string | null
  readonly head_sha: string
  readonly conclusion: string | null
}

/**
 * Reads a file of the newest artifact with a name that a trusted run made. Returns `undefined` if there is none. An
 * artifact of another run has another author, even if it has the same name.
 */
export const newestArtifact = <E, R>(
  { file, name }: { readonly name: string; readonly file: string },
  isTrusted: (run: Run) => Effect.Effect<boolean, E, R>
) =>
  Effect.gen(function* () {
    const { data: found } = yield* request(`the artifact ${name} could not be looked up`, ({ octokit, repo }) =>
      octokit.rest.actions.listArtifactsForRepo({ ...repo, name, per_page: 100 })
    )
    const newestFirst = found.artifacts.toSorted((a, b) => b.id - a.id)
    for (const { expired, id, workflow_run: run } of newestFirst) {
      const runId = run?.id
      if (expired || runId === undefined) continue
      const { data: by } = yield* request("the run of an artifact could not be read", ({ octokit, repo }) =>
        octokit.rest.actions.getWorkflowRun({ ...repo, run_id: runId })
      )
      if (!(yield* isTrusted(by))) continue
      const { data: zip } = yield* request("an artifact could not be downloaded", ({ octokit, repo }) =>
        octokit.rest.actions.downloadArtifact({ ...repo, artifact_id: id, archive_format: "zip" })
      )
      return { text: yield* unzipped(zip, file), run: by }
    }
    return undefined
  })

/** Returns true if the workflow of a run is a file of the default branch. Older servers of GitHub name another branch. */
export const isWorkflow = (file: string, path: string) =>
  Effect.gen(function* () {
    const [name, ref] = path.split(/@(.*)/s)
    if (name !== `.github/workflows/${file}`) return false
    if (ref === undefined) return true
    const { data } = yield* request("the default branch could not be read", ({ octokit, repo }) =>
      octokit.rest.repos.get(repo)
    )
    return ref.replace(/^refs\/heads\//, "") === data.default_branch
  })
