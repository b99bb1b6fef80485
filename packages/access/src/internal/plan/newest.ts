import * as Organization from "@checkpoint-permissions/client/Organization"
import { createdAt } from "@checkpoint-permissions/core/Permission"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { readEvents } from "../history/read.ts"
import type { AccessPolicy, InvalidPolicy } from "../policy/entry.ts"
import { dayOf, endedBy, resolve } from "../policy/resolve.ts"
import { withCounts, withUnexplained } from "./derive.ts"
import { type AccessPlan, leaveSteps, type PlanScope } from "./steps.ts"

/** A time that has more pages of events than this is not checked. */
const maxPages = 30

/** The projects that lost access since a time, by checkpoint, or the reason why the log was not read. */
export interface Losses {
  readonly has: (checkpoint: string, project: string) => boolean
  readonly failure?: string | undefined
}

/**
 * Reads the projects that lost access since a time from the audit log, at most 30 pages. If it cannot be read, every
 * project counts as one that lost access.
 *
 * @category operations
 */
export const readLosses = (since: DateTime.Utc): Effect.Effect<Losses, never, Organization.Organization> =>
  Effect.gen(function* () {
    const organization = yield* Organization.Organization
    const { end, events, failure } = yield* readEvents(organization, { since, pages: maxPages })
    const lost = Events.join(events).filter(({ action }) => action === "revoke")
    if (end === "end of the log") {
      return {
        has: (checkpoint, project) => lost.some((one) => one.checkpoint === checkpoint && one.project === project)
      }
    }
    return { has: () => true, failure: failure ?? `it has more than ${maxPages} pages since then` }
  })

/**
 * Returns a scope with the entries that have an access which ended by a day.
 *
 * @category constructors
 */
export const withEnded = (
  scope: PlanScope,
  policy: AccessPolicy,
  day: string
): Either.Either<PlanScope, InvalidPolicy> =>
  Either.map(resolve(policy), (entries) => {
    const ended = entries.filter(({ ends }) => endedBy(ends, day).size > 0).map(({ checkpoint }) => checkpoint)
    return { ...scope, changed: [...new Set([...scope.changed, ...ended])] }
  })

/**
 * Returns a plan with the newest intention for each access: the steps that the difference of its policy from `base`
 * explains, or an end of access, unless the server's access is newer than `changedAt`. The others are left out.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category conversions
 */
export const newest = (
  plan: AccessPlan,
  base: AccessPolicy,
  changedAt: DateTime.Utc,
  losses: Losses
): Either.Either<AccessPlan, InvalidPolicy> =>
  Either.map(withUnexplained(plan, base), (marked) =>
    withCounts(marked, (one) =>
      leaveSteps(one, ({ permission, project, until, why }) => {
        const isNewer =
          permission === undefined
            ? losses.has(one.checkpoint, project)
            : why === "ended"
              ? until !== undefined && dayOf(createdAt(permission)) > until
              : why === "unwanted" && permission.created_at * 1000 >= DateTime.toEpochMillis(changedAt)
        return isNewer ? "newer on the server" : undefined
      })
    )
  )
