/** How an apply ended, as one failure or none. */
import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import { counted } from "@checkpoint-permissions/protocol/text"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Signal } from "../exitCode.ts"
import { type Failed, type Failure, failed, incomplete, refused, Stopped } from "../failure.ts"
import type { OutputFailed } from "../terminal/screen.ts"
import * as Tally from "./tally.ts"

/** What an apply was to do, as far as what it says in the end depends on it. */
export interface Context {
  readonly goal: Tally.Goal
  /** Whether the plan is one that was saved. */
  readonly loaded: boolean
}

/** What came of an apply. */
export interface Ended {
  readonly ended: Either.Either<void, Failure>
  /** Why a step could not be printed. */
  readonly printed: Option.Option<OutputFailed>
  readonly tally: Tally.Tally
}

/** A checkpoint that could not be read for the plan is as it was. */
const unreadOf = ({ counts }: AccessPlan): string =>
  counts.unread === 0
    ? ""
    : `; ${counted(counts.unread, "checkpoint")} could not be read for the plan, and nothing was done there`

/** A plan that was saved does not come to fit what has changed since. */
const advice = ({ drifted, exceeded }: Tally.Tally, { loaded }: Context): string =>
  exceeded > 0
    ? "look at what was left, and run it again with a higher --max-revokes"
    : loaded && drifted > 0
      ? "make a new plan (plan --out), look at it, and apply that"
      : "run it again for the rest, which reads every checkpoint anew"

const left = (rest: number, tally: Tally.Tally, context: Context): string =>
  rest === 0
    ? ""
    : `; ${rest} not${tally.left === 0 ? "" : `, of which ${tally.left} not begun or not finished`}: ${advice(tally, context)}`

/** All was done, and could not be printed. */
export const unprinted = (name: string, { message }: OutputFailed, summary: string): Failed =>
  failed(`${name}: ${message}; ${summary}`)

export const verdict = (
  name: string,
  plan: AccessPlan,
  context: Context,
  { ended, printed, tally }: Ended,
  signal: Signal | undefined
): Option.Option<Failure> => {
  const total = plan.checkpoints.length
  const failure = ended._tag === "Left" ? ended.left : undefined
  if (failure !== undefined && !Tally.hasChanged(tally) && tally.complete === 0) return Option.some(failure)
  const rest = total - tally.complete
  const summary = Tally.summary(tally, plan, context.goal)
  if (failure === undefined && rest === 0 && plan.counts.unread === 0) {
    return Option.map(printed, (error) => unprinted(name, error, summary))
  }
  const reasons = [failure, Option.getOrUndefined(printed)].flatMap((error) =>
    error === undefined ? [] : `${error.message}; `
  )
  const message = `${name}: ${reasons.join("")}${summary}${left(rest, tally, context)}${unreadOf(plan)}`
  if (signal !== undefined && failure === undefined && rest > 0) return Option.some(new Stopped({ message, signal }))
  const onlyDrift = failure === undefined && plan.counts.unread === 0 && tally.drifted > 0 && tally.drifted === rest
  return Option.some(onlyDrift ? refused(message) : incomplete(message))
}
