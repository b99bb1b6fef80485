/** The repository on GitHub: files, commits, merges, and the artifacts of trusted runs. */
import { createHash } from "node:crypto"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { strFromU8, unzipSync } from "fflate"
import { GitHub, type GitHubError, messageOf, request } from "./github.ts"
import { type Inputs, WrongUse } from "./inputs.ts"

const optional = <A, R>(found: Effect.Effect<A, GitHubError, R>) =>
  Effect.catchIf(
    found,
    ({ status }) => status === 404,
    () => Effect.succeed(undefined)
  )

/** Returns the name of an artifact about a branch. It differs between servers and organizations. */
export const nameOf = (kind: string, branch: string, { server }: Pick<Inputs, "server">): string => {
  const digest = createHash("sha256").update(JSON.stringify([server, branch]))
  return `access-${kind}-${digest.digest("hex").slice(0, 12)}`
}

export const planName = ({ base, head, number }: PullRequest, inputs: Inputs): string =>
  nameOf(`plan-${number}-${head}`, base, inputs)

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

/** Commits, with the parents of each. */
export type Commits = ReadonlyMap<string, ReadonlyArray<string>>

/**
 * Returns the commits of `head` that are not in the history of `base`, or `undefined` if `base` is not in the history of
 * `head`. A commit that GitHub removed after a force push is not.
 */
export const commitsSince = (base: string, head: string) =>
  request("two commits could not be compared", async ({ octokit, repo }): Promise<Commits | undefined> => {
    const found = new Map<string, ReadonlyArray<string>>()
    const range = { ...repo, basehead: `${base}...${head}`, per_page: 100 }
    for (let page = 1; ; page++) {
      const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...range, page })
      if (data.status !== "ahead" && data.status !== "identical") return undefined
      for (const one of data.commits) {
        const parents = one.parents.map(({ sha }) => sha)
        found.set(one.sha, parents)
      }
      if (data.commits.length < range.per_page) return found
    }
  }).pipe(optional)

/** Returns the commits that came with the newest commit of a branch. */
export const commitsOf = (tip: string) =>
  Effect.flatMap(parentsOf(tip), ([first]) =>
    first === undefined ? Effect.succeed(undefined) : commitsSince(first, tip)
  ).pipe(Effect.map((found = new Map([[tip, []]])) => found))

/**
 * Returns the commits to which first parents lead from the newest one of a range, with the one before it. Each was a tip of
 * the branch. A commit that only a merge brought into the history was not: its workflows may differ from all that the
 * branch had.
 */
export const tipsIn = (range: Commits, tip: string): ReadonlySet<string> => {
  const tips = new Set<string>()
  for (let at: string | undefined = tip; at !== undefined; at = range.get(at)?.[0]) tips.add(at)
  return tips
}

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
 * Lists the pull requests that brought changes of the policies into a branch with a range of commits, oldest first. GitHub
 * also marks a pull request as merged if another one, or a push, brought its commits: it counts only if its own merge,
 * squash or rebase made a tip of the branch.
 */
export const pullsOf = ({ policy }: Inputs, branch: string, tip: string, range: Commits) =>
  Effect.gen(function* () {
    const listed = yield* Effect.forEach(policy, (path) => policyCommits(path, tip, range))
    const tips = tipsIn(range, tip)
    const pulls = new Map<number, PullRequest>()
    for (const commit of new Set(listed.flat())) {
      const { data } = yield* request("the pull request of a commit could not be found", ({ octokit, repo }) =>
        octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: commit, per_page: 100 })
      )
      for (const { base, head, merge_commit_sha: merge, merged_at: mergedAt, number } of data) {
        const parents = range.get(merge ?? "")
        if (mergedAt === null || merge === null || parents === undefined || base.ref !== branch) continue
        // after a squash or a rebase, its own commits are not in the history
        const isOwn = parents.length === 2 ? parents[1] === head.sha : !range.has(head.sha)
        if (isOwn && tips.has(merge)) pulls.set(number, { number, head: head.sha, base: branch, mergedAt })
      }
    }
    return [...pulls.values()].sort((a, b) => a.number - b.number)
  })

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

interface Run {
  readonly path: string
  readonly event: string
  readonly head_branch: string | null
  readonly head_sha: string
}

/** Lists a hundred artifacts, the newest first. */
const artifacts = (query: { readonly name?: string }) =>
  request("the artifacts could not be listed", ({ octokit, repo }) =>
    octokit.rest.actions.listArtifactsForRepo({ ...repo, ...query, per_page: 100 })
  ).pipe(Effect.map(({ data }) => data.artifacts.toSorted((a, b) => b.id - a.id)))

/** Returns the newest artifact of a branch whose name begins so. */
export const artifactLike = (start: string, branch: string) =>
  Effect.map(artifacts({}), (found) =>
    found.find(({ name, workflow_run: run }) => name.startsWith(start) && run?.head_branch === branch)
  )

/**
 * Reads a file of the newest artifact with a name that a trusted run made, with `before` one that is not newer. Returns
 * `undefined` if there is none. An artifact of another run has another author, even if it has the same name.
 */
export const newestArtifact = (
  { before, file, name }: { readonly name: string; readonly file: string; readonly before?: string | undefined },
  isTrusted: (run: Run) => boolean
) =>
  Effect.gen(function* () {
    const found = yield* artifacts({ name })
    for (const { created_at: at, expired, id, workflow_run: run } of found) {
      const runId = run?.id
      const isLate = before !== undefined && !(Date.parse(at ?? "") <= Date.parse(before))
      if (expired || runId === undefined || isLate) continue
      const { data: by } = yield* request("the run of an artifact could not be read", ({ octokit, repo }) =>
        octokit.rest.actions.getWorkflowRun({ ...repo, run_id: runId })
      )
      if (!isTrusted(by)) continue
      const { data: zip } = yield* request("it could not be downloaded", ({ octokit, repo }) =>
        octokit.rest.actions.downloadArtifact({ ...repo, artifact_id: id, archive_format: "zip" })
      ).pipe(
        Effect.catchIf(
          ({ status }) => status === 404 || status === 410,
          ({ message }) => unusable(message)
        )
      )
      return { text: yield* unzipped(zip, file), run: by }
    }
    return found.length < 100 ? undefined : yield* unusable("the newest 100 of its name are of other runs")
  })

/** Returns the paths of a workflow file of the default branch in runs. Older servers of GitHub add the branch. */
export const workflowPaths = (file: string) =>
  request("the default branch could not be read", ({ octokit, repo }) => octokit.rest.repos.get(repo)).pipe(
    Effect.map(({ data: { default_branch: branch } }) => {
      const name = `.github/workflows/${file}`
      return new Set([name, `${name}@${branch}`, `${name}@refs/heads/${branch}`])
    })
  )

/** The path of the workflow file that the user wrote: that of the caller. */
export const workflow = Effect.gen(function* () {
  const { owner, repo } = (yield* GitHub).repo
  const ref = yield* Config.string("GITHUB_WORKFLOW_REF")
  return ref.slice(`${owner}/${repo}/`.length).replace(/@.*$/, "")
})
