/** The approvals of reviewed steps, as texts: those of a pull request, and those of a manual run. */
import * as Effect from "effect/Effect"
import { type GitHub, type GitHubError, request } from "./github.ts"
import type { PullRequest } from "./repository.ts"

/** Returns the approvals in one text. Approvals that GitHub does not send are unknown. */
const textOf = (approvals: Effect.Effect<ReadonlyArray<string>, GitHubError, GitHub>, before: string) =>
  approvals.pipe(
    Effect.map((by) => (by.length === 0 ? "no approval" : `${before} ${by.join(", ")}`)),
    Effect.orElseSucceed(() => "approval unknown")
  )

/** Returns the approvals of a pull request that no later review of the same person replaced. */
export const approvalOf = ({ head, number }: PullRequest) =>
  request("the reviews could not be listed", async ({ octokit, repo }) => {
    const pull = { ...repo, pull_number: number, per_page: 100 }
    const reviews = await octokit.paginate(octokit.rest.pulls.listReviews, pull)
    const verdicts = reviews.filter(({ state }) => state !== "COMMENTED" && state !== "PENDING")
    const latest = new Map(verdicts.map((review) => [review.user?.login ?? "ghost", review]))
    return [...latest].flatMap(([login, { commit_id: commit, state, submitted_at: at = "" }]) => {
      const note = commit === head ? "" : " (for an older commit)"
      return state === "APPROVED" ? [`${login} on ${at.slice(0, 16).replace("T", " ")} UTC${note}`] : []
    })
  }).pipe((approvals) => textOf(approvals, "approved by"))

/** The approvals of the run. GitHub has no time for them. */
export const approvalOfRun = request("the approvals of the run could not be listed", async ({ octokit, repo, run }) => {
  const { data } = await octokit.rest.actions.getReviewsForRun({ ...repo, run_id: run.runId })
  return data.flatMap(({ state, user }) => (state === "approved" ? [user.login] : []))
}).pipe((approvals) => textOf(approvals, "by"))
