/** The action's comments and issues on GitHub, found by a line with a marker. */
import * as Effect from "effect/Effect"
import { request, runUrl } from "./github.ts"
import type { Change } from "./issue.ts"
import * as report from "./report.ts"

/** The author of issues that the token of a job writes. */
const jobLogin = "github-actions[bot]"

/** The login of the token's identity. Notes of other authors are never overwritten. */
const login = request("the login of the token could not be read", ({ octokit }) =>
  octokit.graphql<{ readonly viewer: { readonly login: string } }>("{ viewer { login } }")
).pipe(
  Effect.map(({ viewer }) => viewer.login),
  // an error of GraphQL has no status: the token may not request this
  Effect.catchIf(
    ({ status = 403 }) => status < 500,
    () => Effect.succeed(jobLogin)
  )
)

/** Returns a test of a note: the token's identity wrote it, and a line begins with the marker. */
const isOurs =
  (marker: string, login: string) =>
  ({ body, user }: { readonly body?: string | null; readonly user: { readonly login: string } | null }): boolean =>
    user?.login === login && body?.split(/\r?\n/).some((line) => line.startsWith(marker)) === true

/** Writes the plan of a pull request as its comment, and replaces an earlier one of that name. */
export const comment = (pullRequest: number, name: string, markdown: string) =>
  Effect.gen(function* () {
    const issue = { issue_number: pullRequest }
    const marker = report.hidden(`checkpoint-permissions: ${name}`)
    const body = report.comment(marker, markdown, `the [summary of the run](${yield* runUrl})`)
    const comments = yield* request("the comments could not be listed", ({ octokit, repo }) =>
      octokit.paginate(octokit.rest.issues.listComments, { ...repo, ...issue, per_page: 100 })
    )
    const earlier = comments.find(isOurs(marker, yield* login))
    yield* request<unknown>("the comment could not be written", ({ octokit: { rest }, repo }) =>
      earlier === undefined
        ? rest.issues.createComment({ ...repo, ...issue, body })
        : rest.issues.updateComment({ ...repo, comment_id: earlier.id, body })
    )
  })

/** Lists the issues with a marker, open and closed. */
export const issuesOf = (marker: string) =>
  Effect.gen(function* () {
    const creator = yield* login
    const issues = yield* request("the issues could not be listed", ({ octokit, repo }) =>
      octokit.paginate(octokit.rest.issues.listForRepo, { ...repo, creator, state: "all", per_page: 100 })
    )
    return issues.filter((issue) => issue.pull_request === undefined && isOurs(marker, creator)(issue))
  })

/** Makes a change of an issue, or a new one. */
export const change = ({ body, comment, isOpen, number, title }: Change) =>
  Effect.gen(function* () {
    if (number !== undefined && comment !== undefined) {
      yield* request("the issue could not be commented on", ({ octokit, repo }) =>
        octokit.rest.issues.createComment({ ...repo, issue_number: number, body: comment })
      )
    }
    yield* request<unknown>("the issue could not be written", ({ octokit: { rest }, repo }) =>
      number === undefined
        ? rest.issues.create({ ...repo, title, body })
        : rest.issues.update({ ...repo, issue_number: number, body, state: isOpen ? "open" : "closed" })
    )
  })
