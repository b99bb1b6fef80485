/** The counts of an apply's steps, and its verdict. */

import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import type { AccessStep } from "@checkpoint-permissions/access/AccessStep"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type * as Either from "effect/Either"
import { uncapitalize } from "effect/String"
import type { Signal } from "../command/exitCode.ts"
import { type Failure, failed, incomplete, refused } from "../command/failure.ts"
import type { OutputFailed } from "../terminal/screen.ts"

const zeroCounts = {
  /** Grants that a reply to a create of this run confirmed. */
  granted: 0,
  /** Permissions that were listed after a create without a reply. This run or another client granted them. */
  found: 0,
  /** Grants that the server confirmed but does not list yet. */
  notListedYet: 0,
  revoked: 0,
  alreadyDone: 0,
  ownerProject: 0,
  failed: 0,
  skipped: 0,
  /** Grants left out because their last day has passed. */
  expired: 0,
  drifted: 0,
  /** Checkpoints whose last listing equals the policy. */
  complete: 0,
  /** Checkpoints that were processed and still differ from the policy. */
  unfinished: 0,
  /** Checkpoints that were not started or not finished when the apply was stopped. */
  remaining: 0
}

export interface Tally extends Readonly<typeof zeroCounts> {
  /**
   * The span of the reads of complete checkpoints: from the start of the first listing to the end of the last listing
   * or delete.
   */
  readonly read: readonly [first: DateTime.Utc, last: DateTime.Utc] | undefined
}

export const empty: Tally = { ...zeroCounts, read: undefined }

const counterOf = (step: Exclude<AccessStep, { readonly _tag: "Stopped" }>) => {
  switch (step._tag) {
    case "Granted":
      return step.confirmed ? "granted" : "found"
    case "CheckpointFinished":
      return step.complete ? "complete" : "unfinished"
    default:
      return uncapitalize(step._tag)
  }
}

const readWith = (read: Tally["read"], at: DateTime.Utc | undefined): Tally["read"] =>
  at === undefined ? read : read === undefined ? [at, at] : [DateTime.min(read[0], at), DateTime.max(read[1], at)]

export const add = (tally: Tally, step: AccessStep): Tally => {
  if (step._tag === "Stopped") return { ...tally, remaining: step.remaining }
  const counter = counterOf(step)
  const read =
    step._tag === "CheckpointFinished" && step.complete
      ? [step.readFrom, step.readAt, step.deletedAt].reduce(readWith, tally.read)
      : tally.read
  return { ...tally, [counter]: tally[counter] + 1, read }
}

/** Returns true if a reply or a listing shows that this apply changed the server. */
const hasChanged = ({ found, granted, revoked }: Tally): boolean => granted + found + revoked > 0

/** Returns the counts as text: `3 granted, 1 revoked, 2 already done`. */
export const describe = ({ alreadyDone, expired, found, granted, revoked, notListedYet }: Tally): string =>
  [
    `${granted} granted`,
    ...(found === 0 ? [] : [`${found} found after a lost reply`]),
    `${revoked} revoked`,
    ...(alreadyDone === 0 ? [] : [`${alreadyDone} already done`]),
    ...(expired === 0 ? [] : [`${expired} expired`]),
    ...(notListedYet === 0 ? [] : [`${notListedYet} not listed yet`])
  ].join(", ")

/** Returns the progress of an apply in one line. */
export const progress = (tally: Tally, total: number): string =>
  `${tally.complete} of ${total}${tally.unfinished === 0 ? "" : `, ${tally.unfinished} not verified`}; ${describe(tally)}`

/** Returns a tally as the fields of the summary in JSON. */
export const summaryFields = ({ read, ...counts }: Tally) => ({
  ...counts,
  ...(read === undefined ? {} : { readFrom: DateTime.formatIso(read[0]), readAt: DateTime.formatIso(read[1]) })
})

const minute = (at: DateTime.Utc): string => DateTime.formatIso(at).slice(11, 16)

/** Returns a span of time: `14:02–14:31 UTC`, with dates if they differ. */
export const timeSpan = ([first, last]: readonly [DateTime.Utc, DateTime.Utc]): string => {
  const day = DateTime.formatIsoDateUtc(first)
  if (day !== DateTime.formatIsoDateUtc(last)) {
    return `${day} ${minute(first)} – ${DateTime.formatIsoDateUtc(last)} ${minute(last)} UTC`
  }
  return minute(first) === minute(last) ? `${minute(first)} UTC` : `${minute(first)}–${minute(last)} UTC`
}

/** The facts about an apply that its final message depends on. */
export interface Ended {
  readonly ended: Either.Either<void, Failure>
  /** The error of the first step that could not be printed. */
  readonly printed: OutputFailed | undefined
  readonly tally: Tally
}

const spanOf = ({ read }: Tally): string => (read === undefined ? "" : ` (read ${timeSpan(read)})`)

/** Returns the summary of an apply in which every checkpoint of the plan was verified. */
export const summary = (tally: Tally, { counts }: Pick<AccessPlan, "counts">, title = "Apply complete"): string =>
  `${title}: ${describe(tally)}, ${counts.unchanged} unchanged${spanOf(tally)}`

/** Returns the changes of a stopped apply: `1 permission granted, 8 permissions revoked`. */
const changes = ({ found, granted, revoked }: Tally): string => {
  const counts = [
    ...(granted + found === 0 ? [] : [`${pluralize(granted + found, "permission")} granted`]),
    ...(revoked === 0 ? [] : [`${pluralize(revoked, "permission")} revoked`])
  ]
  return counts.length === 0 ? "nothing changed" : counts.join(", ")
}

/** Returns true for a failure that affects every other checkpoint too. */
const isFatal = ({ _tag }: Failure): boolean =>
  _tag === "AuthenticationError" || _tag === "MissingScopeError" || _tag === "QuotaExhaustedError"

/** Returns true if nothing was changed. False if a reply is missing, since it could have shown a change. */
export const isUnchanged = ({ ended, tally }: Pick<Ended, "ended" | "tally">): boolean =>
  !hasChanged(tally) &&
  tally.failed + tally.notListedYet === 0 &&
  (ended._tag === "Right" || !("mayHaveExecuted" in ended.left && ended.left.mayHaveExecuted))

/**
 * Returns the failure of an apply, or `undefined` if every checkpoint was verified. `isSaved` is true for a saved plan,
 * which has to be made again after changes.
 */
export const verdict = (
  plan: { readonly checkpoints: ReadonlyArray<unknown>; readonly counts: AccessPlan["counts"] },
  isSaved: boolean,
  { ended, printed, tally }: Ended,
  signal: Signal | undefined
): Failure | undefined => {
  const failure = ended._tag === "Left" ? ended.left : undefined
  if (failure !== undefined && !hasChanged(tally)) {
    if (tally.complete === 0 || (isFatal(failure) && isUnchanged({ ended, tally }))) return failure
  }
  const { unread } = plan.counts
  const planned = plan.checkpoints.length
  const remaining = planned - tally.complete
  if (failure === undefined && remaining + unread === 0) {
    return printed && failed(`apply: ${printed.message}; ${summary(tally, plan)}`)
  }
  const isStopped = failure === undefined && tally.remaining > 0
  if (isStopped && printed === undefined) {
    const start = signal === undefined ? "Stopped" : "Interrupted"
    return incomplete(
      `${start}: ${changes(tally)}, ${pluralize(remaining + unread, "checkpoint")} not verified. Run the same command again.`,
      signal
    )
  }
  const facts = [
    ...[failure, printed].flatMap((error) => error?.message ?? []),
    describe(tally),
    `${tally.complete} of ${pluralize(planned + unread, "checkpoint")} verified${spanOf(tally)}`,
    ...(unread === 0 ? [] : [`${unread} could not be read for the plan`])
  ]
  const advice =
    isSaved && tally.drifted > 0
      ? "Make a new plan (plan --out), review it, and apply it."
      : "Run the same command again."
  const message = [`apply: incomplete: ${facts.join("; ")}`, advice].join(". ")
  const isOnlyDrift = failure === undefined && unread === 0 && tally.drifted > 0 && tally.drifted === remaining
  // a signal that arrives after the last checkpoint stopped nothing
  const stoppedBy = failure === undefined && remaining > 0 ? signal : undefined
  return isOnlyDrift && stoppedBy === undefined ? refused(message) : incomplete(message, stoppedBy)
}
