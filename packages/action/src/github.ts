/** What the action asks of GitHub. */
import { context, getOctokit } from "@actions/github"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { strFromU8, unzipSync } from "fflate"
import { WrongUse } from "./inputs.ts"

/** GitHub refused a request, or could not be reached. */
export class GitHubError extends Data.TaggedError("GitHubError")<{ readonly message: string }> {}

export interface PullRequest {
  readonly number: number
  /** The commit that is asked to be merged. */
  readonly head: string
  /** Whether it comes from another repository. */
  readonly isFork: boolean
}

/** A text of ours that people read on GitHub, and where. */
export interface Note {
  /** The first line, which nobody sees and which finds the note again. */
  readonly marker: string
  readonly body: string
}

export class GitHub extends Context.Tag("@checkpoint-permissions/action/GitHub")<
  GitHub,
  {
    /** The pull request that the run is for. */
    readonly pullRequest: Effect.Effect<PullRequest, WrongUse>
    /** The commit that the run is for. */
    readonly commit: string
    /** The page of the run. */
    readonly runUrl: string
    /** A file at a commit, as text. A symbolic link that leads out of the repository is refused. */
    readonly fileAt: (path: string, commit: string) => Effect.Effect<string, GitHubError | WrongUse>
    /** Writes the one comment of its marker, over an earlier one. */
    readonly comment: (pullRequest: number, note: Note) => Effect.Effect<void, GitHubError>
    /** Opens the one issue of its marker, or writes over the open one. */
    readonly openIssue: (title: string, note: Note) => Effect.Effect<unknown, GitHubError>
    /** Closes it, if one is open, and says why. */
    readonly closeIssue: (note: Note) => Effect.Effect<void, GitHubError>
    /** The plan file of the newest artifact that a plan of the pull request made, which was merged as a commit. */
    readonly reviewedPlan: (merged: string) => Effect.Effect<string | undefined, GitHubError>
  }
>() {}

/** What an exception of the toolkit says. */
export const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** The artifact that holds the plan of a commit. */
export const artifactOf = (commit: string): string => `access-plan-${commit}`

const make = (token: Redacted.Redacted): typeof GitHub.Service => {
  const { rest, paginate } = getOctokit(Redacted.value(token))
  const { payload, repo, runId, serverUrl, sha } = context
  const ask = <A>(what: string, request: () => Promise<A>): Effect.Effect<A, GitHubError> =>
    Effect.tryPromise({
      try: request,
      catch: (cause) => new GitHubError({ message: `${what}: ${textOf(cause)}` })
    })
  /** Ours: what another person wrote is never written over. */
  const isOurs =
    (marker: string) =>
    ({ body, user }: { readonly body?: string | null; readonly user: { readonly type?: string } | null }): boolean =>
      user?.type === "Bot" && body?.startsWith(marker) === true

  const issueOf = ({ marker }: Note) =>
    Effect.map(
      ask("the open issues could not be listed", () =>
        paginate(rest.issues.listForRepo, { ...repo, state: "open", per_page: 100 })
      ),
      (issues) => issues.find((issue) => issue.pull_request === undefined && isOurs(marker)(issue))
    )

  return {
    pullRequest: Effect.suspend(() => {
      const { pull_request: found } = payload
      const head = found?.["head"]
      return found === undefined || typeof head?.sha !== "string"
        ? new WrongUse({ message: "this run is for no pull request: run plan on pull_request_target" })
        : Effect.succeed({
            number: found.number,
            head: head.sha,
            isFork: head.repo?.full_name !== `${repo.owner}/${repo.repo}`
          })
    }),
    commit: sha,
    runUrl: `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`,
    fileAt: (path, commit) =>
      Effect.flatMap(
        ask(`${path} could not be read at ${commit}`, () => rest.repos.getContent({ ...repo, path, ref: commit })),
        ({ data }) => {
          if (Array.isArray(data) || data.type !== "file") return new WrongUse({ message: `${path} is no file` })
          return data.encoding === "base64"
            ? Effect.succeed(Buffer.from(data.content, "base64").toString("utf8"))
            : new WrongUse({ message: `${path} is larger than a mebibyte` })
        }
      ),
    comment: (pullRequest, note) =>
      Effect.gen(function* () {
        const issue = { ...repo, issue_number: pullRequest }
        const comments = yield* ask("the comments could not be listed", () =>
          paginate(rest.issues.listComments, { ...issue, per_page: 100 })
        )
        const earlier = comments.find(isOurs(note.marker))
        yield* ask<unknown>("the comment could not be written", () =>
          earlier === undefined
            ? rest.issues.createComment({ ...issue, body: note.body })
            : rest.issues.updateComment({ ...repo, comment_id: earlier.id, body: note.body })
        )
      }),
    openIssue: (title, note) =>
      Effect.flatMap(issueOf(note), (open) =>
        ask<unknown>("the issue could not be written", () =>
          open === undefined
            ? rest.issues.create({ ...repo, title, body: note.body })
            : rest.issues.update({ ...repo, issue_number: open.number, title, body: note.body })
        )
      ),
    closeIssue: (note) =>
      Effect.gen(function* () {
        const open = yield* issueOf(note)
        if (open === undefined) return
        const issue = { ...repo, issue_number: open.number }
        yield* ask("the issue could not be commented on", () =>
          rest.issues.createComment({ ...issue, body: note.body })
        )
        yield* ask("the issue could not be closed", () => rest.issues.update({ ...issue, state: "closed" }))
      }),
    reviewedPlan: (merged) =>
      Effect.gen(function* () {
        const { data: pulls } = yield* ask("the pull request of the commit could not be found", () =>
          rest.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: merged })
        )
        const pull = pulls.find(({ merge_commit_sha, merged_at }) => merged_at !== null && merge_commit_sha === merged)
        if (pull === undefined) return undefined
        const { data: found } = yield* ask("the reviewed plan could not be looked for", () =>
          rest.actions.listArtifactsForRepo({ ...repo, name: artifactOf(pull.head.sha), per_page: 100 })
        )
        for (const { expired, id, workflow_run: run } of found.artifacts) {
          if (expired || run?.id === undefined) continue
          const { data: by } = yield* ask("the run of the reviewed plan could not be read", () =>
            rest.actions.getWorkflowRun({ ...repo, run_id: run.id ?? 0 })
          )
          // a workflow of a fork can name an artifact as it likes, and never runs on this event
          if (by.event !== "pull_request_target") continue
          const { data: zip } = yield* ask("the reviewed plan could not be downloaded", () =>
            rest.actions.downloadArtifact({ ...repo, artifact_id: id, archive_format: "zip" })
          )
          const files = zip instanceof ArrayBuffer ? unzipSync(new Uint8Array(zip)) : {}
          const plan = files["plan.json"]
          if (plan !== undefined) return strFromU8(plan)
        }
        return undefined
      })
  }
}

export const layer = (token: Redacted.Redacted): Layer.Layer<GitHub> => Layer.sync(GitHub, () => make(token))
