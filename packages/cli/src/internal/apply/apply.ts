/** Shows a plan, asks for confirmation, applies it until it is done or stopped, and prints the outcome. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessStep from "@checkpoint-permissions/access/AccessStep"
import { pluralize, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isNotUndefined } from "effect/Predicate"
import * as Stream from "effect/Stream"
import { confirm } from "../change/confirm.ts"
import type { openFiles } from "../change/files.ts"
import { incomplete, refused } from "../command/failure.ts"
import * as environment from "../input/environment.ts"
import { type ApplyOptions, defaultMaxRevokes, readLimit } from "../input/options.ts"
import { details } from "../output/plan.ts"
import { makeTimeLeft } from "../terminal/estimate.ts"
import { stoppable } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine, type Style } from "../terminal/style.ts"
import { time } from "../terminal/time.ts"
import { incompletePlan } from "./planning.ts"
import * as Tally from "./tally.ts"

/**
 * Returns the options with their limits as values. The limit of revokes is that of the option, that of the environment,
 * or 10. An apply of a change has no limit.
 */
export const withLimits = <Options extends Pick<ApplyOptions, "maxRevokes">>(options: Options, isLimited: boolean) =>
  Effect.map(
    environment.orVariable(options.maxRevokes, "CHECKPOINT_PERMISSIONS_MAX_REVOKES", readLimit),
    (maxRevokes) => ({
      ...options,
      maxRevokes: isLimited ? Option.getOrElse(maxRevokes, () => defaultMaxRevokes) : Number.POSITIVE_INFINITY
    })
  )

type Limited = Effect.Effect.Success<ReturnType<typeof withLimits<ApplyOptions>>>

/** Requests confirmation of a plan's changes, unless an option confirmed them. */
const confirmCounts = Effect.fnUntraced(function* (
  { maxRevokes, yes }: Limited,
  { duplicates, grants, revokes }: AccessPlan.AccessPlan["counts"],
  isSaved: boolean
) {
  if (revokes > maxRevokes) {
    return yield* refused(
      `apply: the plan revokes ${pluralize(revokes, "permission")}, the limit is ${maxRevokes}: review the plan, then pass --max-revokes ${revokes}`
    )
  }
  if (grants + revokes + duplicates === 0 || yes) return
  const granted = pluralize(grants, "permission")
  yield* confirm(
    revokes === 0
      ? { command: "apply", change: grants === 0 ? `Delete ${pluralize(duplicates, "duplicate")}` : `Grant ${granted}` }
      : {
          command: "apply",
          before: grants === 0 ? "" : `Grants ${granted}. `,
          // an earlier apply of the saved plan may have made some of them
          change: isSaved
            ? `confirm at most ${pluralize(revokes, "revocation")}; those already made are skipped`
            : `confirm ${pluralize(revokes, "revocation")}`,
          count: revokes
        }
  )
})

/** A plan, with the names of its projects if the list of projects was read. */
interface Shown {
  readonly plan: AccessPlan.AccessPlan
  readonly names: Readonly<Record<string, string>> | undefined
  readonly unchecked?: string | undefined
}

/** Shows a plan without applying it. */
export const showOnly = Effect.fnUntraced(function* ({ json }: Pick<Limited, "json">, { plan, ...checked }: Shown) {
  const screen = yield* Screen.Screen
  const text = json
    ? visibleJson(yield* AccessPlan.toJson(plan))
    : AccessPlan.toText(
        plan,
        details(plan, { ...checked, color: screen.out.color, estimate: yield* Access.estimate(plan) })
      )
  yield* screen.print(text)
  const failure = incompletePlan("apply", plan)
  if (failure !== undefined) return yield* failure
})

/** Returns true if the result of an apply is one Markdown document. */
const isMarkdown = ({ format }: Pick<Limited, "format">): boolean => Option.contains(format, "markdown")

const confirmPlan = Effect.fnUntraced(function* (
  options: Limited,
  { names, plan, unchecked }: Shown,
  isSaved: boolean
) {
  const screen = yield* Screen.Screen
  const estimate = yield* Access.estimate(plan)
  const textFor = ({ color }: Style) => AccessPlan.toText(plan, details(plan, { color, estimate, names, unchecked }))
  if (options.json || isMarkdown(options)) yield* screen.note(textFor(screen.err).trimEnd())
  else yield* screen.print(textFor(screen.out))
  const yesterday = DateTime.formatIsoDateUtc(DateTime.subtract(yield* DateTime.now, { days: 1 }))
  const ended = AccessPlan.endings(plan, { first: plan.day, last: yesterday })
  if (ended.length > 0) {
    yield* screen.warn(
      `apply: the plan is from ${plan.day}: access of ${pluralize(ended.length, "project")} that ended since is not revoked`
    )
  }
  yield* confirmCounts(options, plan.counts, isSaved)
})

interface Prepared extends Effect.Effect.Success<ReturnType<typeof openFiles>>, Shown {}

const notPlannedIn = ({ gone = [], leftOut = [], unread }: AccessPlan.AccessPlan) => {
  const kinds = Object.entries({ gone, leftOut, notRead: unread })
  const ids = kinds.map(([kind, all]) => [kind, all.map(({ checkpoint }) => checkpoint)] as const)
  return Object.fromEntries(ids.filter(([, all]) => all.length > 0))
}

/** Applies a plan and prints each step, until it is done or stopped. */
const execute = Effect.fnUntraced(function* (
  options: Limited & { readonly elapsed: Duration.Duration },
  { actor, journal, names, plan, save }: Prepared,
  isSaved: boolean
) {
  const screen = yield* Screen.Screen
  const total = plan.checkpoints.length
  const finished = new Set<string>()
  const timeLeft = yield* makeTimeLeft
  const planned = (yield* Access.estimate(plan)).requests
  let tally = Tally.empty
  let printed: Tally.Ended["printed"]
  const lines: Array<string> = []

  /** Prints without failing: the work continues, and the command reports the failure at the end. */
  const print = (text: string) =>
    Effect.catchAll(screen.print(text), (error) =>
      Effect.sync(() => {
        printed = error
      })
    )

  const showProgress = Effect.suspend(() =>
    screen.progress(`apply: ${Tally.progress(tally, total)}`, finished.size === total ? undefined : timeLeft(planned))
  )

  const origins = new Map(
    plan.checkpoints.flatMap(({ checkpoint, steps }) =>
      steps.map((step) => [JSON.stringify([checkpoint, step.project]), step] as const)
    )
  )

  const onStep = Effect.fnUntraced(function* (step: AccessStep.AccessStep) {
    const planned = "project_id" in step ? origins.get(JSON.stringify([step.checkpoint, step.project_id])) : undefined
    tally = Tally.add(tally, step)
    if (step._tag === "CheckpointFinished") finished.add(step.checkpoint)
    const { done, wrong } = AccessStep.toText(step, { color: screen.out.color, names, planned })
    if (options.json) yield* print(AccessStep.toJson(step, planned))
    else if (done !== undefined && !isMarkdown(options)) yield* print(`${done}\n`)
    lines.push(...[done, wrong].filter(isNotUndefined))
    if (wrong !== undefined) yield* screen.warn(wrong)
    yield* showProgress
  })

  return yield* stoppable("apply", "finishing requests in flight", options, (stop, signal) =>
    Effect.gen(function* () {
      yield* showProgress
      const { maxRevokes } = options
      const steps = Access.apply(plan, { maxRevokes, journal, actor, stop })
      const ended = yield* steps.pipe(Stream.runForEach(onStep), Effect.either)
      yield* screen.clear
      const { checkpoints, unread } = plan.counts
      const summary = {
        ...Tally.summaryFields(tally),
        unread,
        ...notPlannedIn(plan)
      }
      if (options.json) yield* print(jsonLine({ _tag: "Summary", checkpoints, ...summary }))
      const isDone = ended._tag === "Right" && tally.complete === total && unread === 0
      if (isDone && !options.json && !isMarkdown(options)) {
        const partial = incompletePlan("apply", plan)
        const mark = partial === undefined ? screen.out.green("✓") : screen.out.yellow("!")
        yield* print(`${mark} ${Tally.summary(tally, plan, partial && "Partly applied")}.\n`)
      }
      const isWorthSaving = isDone || !Tally.isUnchanged({ ended, tally })
      const saved = yield* Effect.either(
        save === undefined || !isWorthSaving ? Effect.succeed(undefined) : save(plan, isDone)
      )
      const failure = Tally.verdict(plan, isSaved, { ended, printed, tally }, signal()) ?? incompletePlan("apply", plan)
      if (isMarkdown(options))
        yield* print(AccessPlan.appliedMarkdown(plan, Tally.describe(tally), names, [failure?.message, ...lines]))
      if (failure === undefined) return yield* saved
      const note = saved._tag === "Left" ? saved.left.message : saved.right && `executed plan saved to ${saved.right}`
      if (note) yield* screen.warn(`apply: ${note}`)
      return yield* Effect.fail(failure)
    })
  )
})

/**
 * Applies the plan of `prepare` after it is shown and confirmed. From then on no signal interrupts: requests in flight
 * are finished. `--max-duration` includes the steps before the first change. `isSaved` is true for a plan from a file.
 */
export const applyPlan = <E, R>(options: Limited, prepare: Effect.Effect<Prepared, E, R>, isSaved: boolean) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const confirmed = Effect.tap(prepare, (shown) =>
        Effect.zipRight(Access.checkPlan(shown.plan), confirmPlan(options, shown, isSaved))
      )
      const [elapsed, prepared] = yield* Option.match(options.maxDuration, {
        onNone: () => confirmed,
        onSome: (duration) =>
          Effect.timeoutFail(confirmed, {
            duration,
            onTimeout: () =>
              incomplete(`apply: --max-duration of ${time(duration)} reached before any change: allow more time`)
          })
      }).pipe(
        Effect.timed,
        restore,
        Effect.onInterrupt(() => Screen.warn(`checkpoint-permissions: apply: interrupted before any change`))
      )
      yield* execute({ ...options, elapsed }, prepared, isSaved)
    })
  )
