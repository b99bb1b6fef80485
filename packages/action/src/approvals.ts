/** The approvals of reviewed steps, as texts: those of a pull request, and those of a manual run. */
import * as Effect from "effect/Effect"
import { type GitHub, type GitHubError, request } from "./github.ts"
import { WrongUse } from "./inputs.ts"
import type { PullRequest } from "./repository.ts"

/** Returns approvals in one text. Those that GitHub does not send are unknown. */
const textOf = <E>(approvals: Effect.Effect<ReadonlyArray<string>, E | GitHubError, GitHub>, before: string) =>
  approvals.pipe(
    Effect.map((by) => (by.length === 0 ? "no approval" : `${before} ${[...new Set(by)].join(", ")}`)),
    Effect.catchTag("GitHubError", () => Effect.succeed("approval unknown"))
  )

/** Returns the approvals of a pull request that no later review of the same person replaced. */
export const approvalOf = ({ head, mergedAt = "", number }: PullRequest) =>
  textOf(
    request("the reviews could not be listed", async ({ octokit, repo }) => {
      const pull = { ...repo, pull_number: number, per_page: 100 }
      const reviews = await octokit.paginate(octokit.rest.pulls.listReviews, pull)
      const verdicts = reviews.filter(({ state }) => state !== "COMMENTED" && state !== "PENDING")
      // users that were deleted have no login
      const latest = new Map(verdicts.map((review) => [review.user?.login ?? review.id, review]))
      return [...latest.values()].flatMap(({ commit_id: commit, state, submitted_at: at = "", user }) => {
        if (state !== "APPROVED") return []
        const older = commit === head ? "" : " (for an older commit)"
        const late = Date.parse(at) > Date.parse(mergedAt) ? " (after the merge)" : ""
        return [`${user?.login ?? "ghost"} on ${at.slice(0, 16).replace("T", " ")} UTC${older}${late}`]
      })
    }),
    "approved by"
  )

/** The environment of the apply workflow whose reviewers approve a plan. */
const environment = "access-approve"

/** The approvals of the run. GitHub has no time for them. Without reviewers, GitHub starts the job immediately. */
export const approvalOfRun = textOf(
  request("the approvals of the run could not be listed", async ({ octokit, repo, run }) => {
    const { data } = await octokit.rest.actions.getReviewsForRun({ ...repo, run_id: run.runId })
    return data.flatMap(({ environments, state, user }) =>
      state === "approved" && environments.some(({ name }) => name === environment) ? [user.login] : []
    )
  }).pipe(
    Effect.filterOrFail(
      (by) => by.length > 0,
      () => new WrongUse({ message: `${environment} has no reviewers: this plan has no approval`, code: 5 })
    )
  ),
  "by"
)
