/** The repository on GitHub: files, commits, merges, runs of workflows and reviewed plans. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import { strFromU8, unzipSync } from "fflate"
import { GitHub, GitHubError, messageOf, request } from "./github.ts"
import { type Inputs, WrongUse } from "./inputs.ts"
import { BrokenPlan, type MergedPull, type Range, type Relation } from "./review.ts"

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

/** Returns the name of the artifact with the plan of a pull request. It depends on head, base branch and policies. */
export const artifactOf = (head: string, base: string, { policy }: Pick<Inputs, "policy">): string => {
  const digest = createHash("sha256").update(JSON.stringify([base, ...policy]))
  return `access-plan-${head}-${digest.digest("hex").slice(0, 12)}`
}

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

/** Returns the commit of the newest successful run of a workflow on the branch of this run. */
export const lastApplied = (workflow: string) =>
  request("the runs of this workflow could not be listed", ({ branch, octokit, repo }) =>
    octokit.rest.actions.listWorkflowRuns({
      ...repo,
      workflow_id: workflow,
      branch,
      status: "success",
      exclude_pull_requests: true,
      per_page: 1
    })
  ).pipe(Effect.map(({ data }) => data.workflow_runs[0]?.head_sha))

const comparing = "two commits could not be compared"

/** Returns the relation of `head` to `base`. A commit that GitHub removed after a force push counts as diverged. */
export const relationOf = (base: string, head: string) =>
  request(comparing, ({ octokit, repo }) =>
    octokit.rest.repos.compareCommitsWithBasehead({ ...repo, basehead: `${base}...${head}`, per_page: 1 })
  ).pipe(
    Effect.map(({ data }) => data.status satisfies Relation),
    Effect.catchIf(
      (error) => error.status === 404,
      () => Effect.succeed("diverged" as const)
    )
  )

/** Returns the commits of `head` that are not in the history of `base`. */
export const commitsBetween = (base: string, head: string) =>
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

/** The number of commits to read if there was no earlier apply. */
const newestCommits = 100

/** Lists the commits that changed a policy, newest first: those in the range, or the newest without a range. */
const policyCommits = (path: string, head: string, range: Range) =>
  request(`the commits of ${path} could not be listed`, async ({ octokit, repo }) => {
    const found: Array<string> = []
    const commits = { ...repo, path, sha: head, per_page: newestCommits }
    for await (const { data } of octokit.paginate.iterator(octokit.rest.repos.listCommits, commits)) {
      const inRange = data.map(({ sha }) => sha).filter((sha) => range === undefined || range.has(sha))
      found.push(...inRange)
      if (range === undefined || inRange.length === 0) break
    }
    return found
  })

/** Lists the pull requests that brought changes of the policies into the history of a commit. */
export const pullsOf = ({ policy }: Inputs, head: string, range: Range) =>
  Effect.gen(function* () {
    const commits = yield* Effect.forEach(policy, (path) => policyCommits(path, head, range))
    const pulls = new Map<number, MergedPull>()
    for (const commit of new Set(commits.flat())) {
      const { data } = yield* request("the pull request of a commit could not be found", ({ octokit, repo }) =>
        octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: commit })
      )
      for (const { base, head, merge_commit_sha: merge, merged_at: mergedAt, number } of data) {
        if (mergedAt === null || merge === null) continue
        pulls.set(number, { number, head: head.sha, base: base.ref, merge, mergedAt })
      }
    }
    return [...pulls.values()]
  })

/** Returns the plan file of an artifact. Other files are not inflated. */
const unzipped = (zip: unknown) =>
  Effect.try({
    try: () => {
      const bytes = zip instanceof ArrayBuffer ? new Uint8Array(zip) : new Uint8Array()
      return unzipSync(bytes, { filter: ({ name }) => name === "plan.json" })["plan.json"]
    },
    catch: (cause) => new BrokenPlan({ reason: `its artifact is not a zip file: ${messageOf(cause)}` })
  }).pipe(
    Effect.filterOrFail(
      (plan) => plan !== undefined,
      () => new BrokenPlan({ reason: "its artifact has no plan.json" })
    ),
    Effect.map((plan) => strFromU8(plan))
  )

/**
 * Reads the plan of the newest artifact that the plan workflow made for a pull request. Returns `undefined` if there is
 * none. An artifact of another workflow has another author, even if it has the same name.
 */
export const planOf = (inputs: Inputs, { base, head }: Pick<MergedPull, "base" | "head">) =>
  Effect.gen(function* () {
    const name = artifactOf(head, base, inputs)
    const { data: found } = yield* request("the search for the reviewed plan failed", ({ octokit, repo }) =>
      octokit.rest.actions.listArtifactsForRepo({ ...repo, name, per_page: 100 })
    )
    const newestFirst = found.artifacts.toSorted((a, b) => b.id - a.id)
    for (const { expired, id, workflow_run: run } of newestFirst) {
      const runId = run?.id
      if (expired || runId === undefined) continue
      const { data: by } = yield* request("the run of the reviewed plan could not be read", ({ octokit, repo }) =>
        octokit.rest.actions.getWorkflowRun({ ...repo, run_id: runId })
      )
      const isOfPlan = by.path.replace(/@.*$/, "") === `.github/workflows/${inputs.planWorkflow}`
      if (!isOfPlan || by.event !== "pull_request_target") continue
      const { data: zip } = yield* request("the reviewed plan could not be downloaded", ({ octokit, repo }) =>
        octokit.rest.actions.downloadArtifact({ ...repo, artifact_id: id, archive_format: "zip" })
      )
      return yield* unzipped(zip)
    }
    return undefined
  })
