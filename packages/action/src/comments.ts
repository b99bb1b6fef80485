/** The action's comments and issues on GitHub, found by a line with a marker. */
import * as Effect from "effect/Effect"
import { request, runUrl } from "./github.ts"
import type { Inputs } from "./inputs.ts"
import type { Change } from "./issue.ts"
import * as report from "./report.ts"

/** Returns a test of a note: the token's identity wrote it, and a line begins with the marker. */
const isOurs =
  (marker: string, author: string) =>
  ({ body, user }: { readonly body?: string | null; readonly user: { readonly login: string } | null }): boolean =>
    user?.login === author && body?.split(/\r?\n/).some((line) => line.startsWith(marker)) === true

/** Writes the plan of a pull request as its comment, and replaces an earlier one of that name. `isNew` allows a new one. */
export const comment = ({ author }: Inputs, issue_number: number, name: string, markdown: string, isNew: boolean) =>
  Effect.gen(function* () {
    const marker = report.hidden(`checkpoint-permissions: ${name}`)
    const body = report.comment(marker, markdown, `the [summary of the run](${yield* runUrl})`)
    const comments = yield* request("the comments could not be listed", ({ octokit, repo }) =>
      octokit.paginate(octokit.rest.issues.listComments, { ...repo, issue_number, per_page: 100 })
    )
    const earlier = comments.find(isOurs(marker, author))
    if (earlier === undefined && !isNew) return
    yield* request<unknown>("the comment could not be written", ({ octokit: { rest }, repo }) =>
      earlier === undefined
        ? rest.issues.createComment({ ...repo, issue_number, body })
        : rest.issues.updateComment({ ...repo, comment_id: earlier.id, body })
    )
  })

/** Lists the issues with a marker, open and closed. */
export const issuesOf = ({ author }: Inputs, marker: string) =>
  request("the issues could not be listed", ({ octokit, repo }) =>
    octokit.paginate(octokit.rest.issues.listForRepo, { ...repo, creator: author, state: "all", per_page: 100 })
  ).pipe(Effect.map((issues) => issues.filter((one) => one.pull_request === undefined && isOurs(marker, author)(one))))

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
