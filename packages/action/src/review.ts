/** Decides which commit an apply compares with, and which of its steps were reviewed. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The relation of a commit to another one, in GitHub's words. `ahead`: its history contains the other commit. */
export type Relation = "ahead" | "behind" | "diverged" | "identical"

/** The commits that are new since the last apply; `undefined` without an earlier one. */
export type Range = ReadonlySet<string> | undefined

/**
 * Decides from the last applied commit, which may be in another history, how an apply starts. `Since`: with the commit
 * to compare the policies with. `Everything`: every entry is planned, since there is no earlier apply to compare with, or
 * the apply is not reviewed, and so a repair. `Older`: a newer commit was applied already.
 */
export const startOf = (
  last: { readonly commit: string; readonly relation: Relation } | undefined,
  isReviewed: boolean
) => {
  if (last?.relation === "behind") return { _tag: "Older", commit: last.commit } as const
  if (last === undefined || last.relation === "diverged" || !isReviewed) return { _tag: "Everything" } as const
  return { _tag: "Since", commit: last.commit } as const
}

/** A merged pull request. */
export interface MergedPull {
  readonly number: number
  /** Its newest commit. */
  readonly head: string
  /** The branch that it was merged into. */
  readonly base: string
  /** The resulting commit on the base branch. After a rebase, the last of the resulting commits. */
  readonly merge: string
  readonly mergedAt: string
}

/** Maximum number of pull requests whose plans are read. */
const mostPulls = 50

/**
 * Returns the pull requests whose plans count as reviews of an apply: merged into the branch, and in the range. Newest
 * first.
 */
export const reviewers = (pulls: ReadonlyArray<MergedPull>, branch: string, range: Range): ReadonlyArray<MergedPull> =>
  pulls
    .filter(({ base, merge }) => base === branch && (range === undefined || range.has(merge)))
    .toSorted((a, b) => b.mergedAt.localeCompare(a.mergedAt))
    .slice(0, mostPulls)

const Plan = Schema.parseJson(
  Schema.Struct({
    format: Schema.Literal("checkpoint-permissions/plan"),
    apiUrl: Schema.String,
    organization: Schema.optional(Schema.String),
    checkpoints: Schema.Array(
      Schema.Struct({
        checkpoint: Schema.String,
        grants: Schema.Array(Schema.String),
        revokes: Schema.Array(
          Schema.Struct({
            permission: Schema.Struct({ id: Schema.String, project_id: Schema.String }),
            reason: Schema.optional(Schema.String)
          })
        )
      })
    )
  })
)

/** The steps of a plan. */
export type Steps = Effect.Effect.Success<ReturnType<typeof stepsOf>>

/** A plan that cannot be used. */
export class BrokenPlan extends Data.TaggedError("BrokenPlan")<{ readonly reason: string }> {
  override get message(): string {
    return `the plan cannot be used: ${this.reason}`
  }
}

/** Reads the text of a plan file. */
export const stepsOf = (text: string) =>
  Schema.decodeUnknown(Plan)(text).pipe(
    Effect.mapBoth({
      onFailure: ({ message }) => new BrokenPlan({ reason: message.replaceAll(/\s+/g, " ").slice(0, 200) }),
      onSuccess: ({ apiUrl, checkpoints, organization = "" }) => {
        /** A line for each step: the sign of a grant or a revoke, project, permission and checkpoint. */
        const steps: Array<string> = []
        /** The revokes of access that has ended by the policy. */
        const ended = new Set<string>()
        for (const { checkpoint, grants, revokes } of checkpoints) {
          for (const { permission, reason } of revokes) {
            const step = `- ${permission.project_id}  ${permission.id}  ${checkpoint}`
            steps.push(step)
            if (reason === "ended") ended.add(step)
          }
          steps.push(...grants.map((project) => `+ ${project}  ${checkpoint}`))
        }
        return { server: `${apiUrl} ${organization}`, steps, ended }
      }
    })
  )

/**
 * Returns the steps of `now` that are in no plan for the same server. Revokes of access that has ended need no review.
 */
export const unreviewed = (now: Steps, plans: ReadonlyArray<Steps>): ReadonlyArray<string> => {
  const known = new Set(plans.filter(({ server }) => server === now.server).flatMap(({ steps }) => steps))
  return now.steps.filter((step) => !known.has(step) && !now.ended.has(step))
}
