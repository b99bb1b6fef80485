/** Shows a plan, asks for confirmation, applies it until it is done or stopped, and prints the outcome. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import type { AccessStep } from "@checkpoint-permissions/access/AccessStep"
import * as Journal from "@checkpoint-permissions/access/Journal"
import { pluralize, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type CommandError, incomplete, refused, wrongUse } from "../failure.ts"
import * as environment from "../input/environment.ts"
import * as output from "../output/file.ts"
import * as difference from "../output/plan.ts"
import { makeTimeLeft } from "../terminal/estimate.ts"
import { stoppable } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import { time } from "../terminal/time.ts"
import * as Executed from "./executed.ts"
import { type ApplyOptions, readLimit } from "./options.ts"
import * as Tally from "./tally.ts"
import { type Context, type Ended, verdict } from "./tally.ts"

/** Revokes that are allowed without `--max-revokes`. */
const defaultMaxRevokes = 10

export const limitOf = ({ maxRevokes }: Pick<ApplyOptions, "maxRevokes">): number =>
  Option.getOrElse(maxRevokes, () => defaultMaxRevokes)

/** Returns the options with the limit of revokes: the given one, or that of the environment. */
export const withLimit = <Options extends Pick<ApplyOptions, "maxRevokes">>(options: Options) =>
  Effect.map(
    environment.orVariable(options.maxRevokes, "CHECKPOINT_PERMISSIONS_MAX_REVOKES", readLimit),
    (maxRevokes) => ({
      ...options,
      maxRevokes
    })
  )

/** Opens the files of an apply, and checks that they can be written, before hours of reading. */
export const openFiles = Effect.fnUntraced(function* (options: Pick<ApplyOptions, "force" | "journal" | "out">) {
  const { resolve } = yield* Path.Path
  const target = yield* output.targetOf(options, "executed plan")
  const journal = Option.map(options.journal, (path): output.Target => ({ what: "journal", path, force: false }))
  if (Option.isSome(target) && Option.exists(journal, ({ path }) => resolve(path) === resolve(target.value.path))) {
    return yield* wrongUse("--journal and --out name the same file: give each its own")
  }
  yield* Effect.transposeMapOption(journal, output.checkAppend)
  yield* Screen.checkDiskSpace
  return {
    journal: Option.getOrUndefined(yield* Effect.transposeMapOption(options.journal, Journal.file)),
    executed: Option.getOrUndefined(yield* Effect.transposeMapOption(target, Executed.open))
  }
})

/** Asks to confirm the changes of a plan, unless an option did. For revokes, their number has to be typed. */
const confirmed = Effect.fnUntraced(function* (
  name: string,
  options: ApplyOptions,
  { grants, revokes }: { readonly grants: number; readonly revokes: number }
) {
  const limit = limitOf(options)
  if (revokes > limit) {
    return yield* refused(
      `${name}: it revokes ${pluralize(revokes, "permission")}, more than ${limit}: look at the plan, then pass --max-revokes ${revokes}`
    )
  }
  if (grants + revokes === 0 || options.yes) return
  const screen = yield* Screen.Screen
  const { bold } = screen.err
  const granted = pluralize(grants, "permission")
  const revoked = pluralize(revokes, "revocation")
  const also = grants === 0 ? "" : `Grants ${granted} too. `
  const answer = yield* screen.ask(
    revokes === 0 ? `Grant ${granted}? [y/N] ` : `${also}Type ${bold(String(revokes))} to confirm ${revoked}: `
  )
  if (answer === undefined) {
    const what = [...(grants === 0 ? [] : [`grants ${granted}`]), ...(revokes === 0 ? [] : [`makes ${revoked}`])]
    return yield* refused(
      `${name}: it ${what.join(" and ")}, and there is no terminal to confirm that: look at the plan, then pass --yes`
    )
  }
  const isAgreed = revokes === 0 ? /^y(es)?$/i.test(answer) : answer === String(revokes)
  if (!isAgreed) return yield* refused(`${name}: not confirmed, nothing is changed`)
})

const snapshotAgeOf = ({ maxSnapshotAge = Option.none() }: Pick<ApplyOptions, "maxSnapshotAge">) =>
  Option.getOrUndefined(maxSnapshotAge)

const estimateOf = (plan: AccessPlan.AccessPlan, options: Pick<ApplyOptions, "maxSnapshotAge">) =>
  Access.estimate(plan, { maxSnapshotAge: snapshotAgeOf(options) })

/** Shows a plan without applying it. */
export const showOnly = Effect.fnUntraced(function* (
  name: string,
  options: Pick<ApplyOptions, "json" | "maxSnapshotAge">,
  plan: AccessPlan.AccessPlan
) {
  const screen = yield* Screen.Screen
  if (options.json) yield* screen.print(visibleJson(yield* AccessPlan.toJson(plan)))
  else yield* screen.print(difference.text(plan, yield* estimateOf(plan, options), screen.out))
  if (plan.counts.unread > 0) {
    return yield* incomplete(
      `${name}: ${pluralize(plan.counts.unread, "checkpoint")} could not be read: what would be done there is unknown`
    )
  }
})

/** Shows a plan, and asks for confirmation. */
export const confirmPlan = Effect.fnUntraced(function* (
  name: string,
  options: ApplyOptions,
  plan: AccessPlan.AccessPlan,
  estimate: Access.Estimate | undefined
) {
  const screen = yield* Screen.Screen
  if (options.json) yield* screen.note(difference.text(plan, estimate, screen.err).trimEnd())
  else yield* screen.print(difference.text(plan, estimate, screen.out))
  const yesterday = DateTime.formatIsoDateUtc(DateTime.subtract(yield* DateTime.now, { days: 1 }))
  const since = AccessPlan.endings(plan, { first: plan.day, last: yesterday })
  if (since.length > 0) {
    yield* screen.warn(
      `${name}: the plan is for ${plan.day}, and leaves to the next one what has ended since: access of ${pluralize(since.length, "project")}`
    )
  }
  yield* confirmed(name, options, plan.counts)
})

export const actorOf = ({ actor }: Pick<ApplyOptions, "actor">): Effect.Effect<string | undefined> =>
  Option.match(actor, { onSome: Effect.succeed, onNone: () => environment.actor })

interface Prepared {
  readonly executed: Executed.Executed | undefined
  readonly journal: Journal.Journal | undefined
  readonly plan: AccessPlan.AccessPlan
}

/** Applies a plan and prints each step, until it is done or stopped. */
const execute = Effect.fnUntraced(function* (
  name: string,
  options: ApplyOptions & { readonly elapsed: Duration.Duration },
  { executed, journal, plan }: Prepared,
  context: Context
) {
  const screen = yield* Screen.Screen
  const actor = yield* actorOf(options)
  const total = plan.checkpoints.length
  const finished = new Set<string>()
  const maxSnapshotAge = snapshotAgeOf(options)
  const rest = makeTimeLeft()
  let tally = Tally.empty
  let printed: Ended["printed"] = Option.none()

  /** Prints without failing: the work continues, and the command reports the failure at the end. */
  const print = (text: string) =>
    Effect.catchAll(screen.print(text), (error) =>
      Effect.sync(() => {
        printed = Option.some(error)
      })
    )

  const showProgress = Effect.suspend(() =>
    Access.estimate(plan, { finished, maxSnapshotAge }).pipe(
      Effect.flatMap(rest),
      Effect.flatMap((left) =>
        screen.progress(`${name}: ${Tally.progress(tally, total, finished.size === total ? "" : left)}`)
      )
    )
  )

  const onStep = Effect.fnUntraced(function* (step: AccessStep) {
    tally = Tally.add(tally, step)
    if (step._tag === "CheckpointFinished") finished.add(step.checkpoint)
    const { done, wrong } = Tally.stepLine(step, plan.policy, screen.out)
    if (options.json) yield* print(Tally.json(step))
    else if (done !== undefined) yield* print(done)
    if (wrong !== undefined) yield* screen.warn(wrong)
    yield* showProgress
  })

  const onStop = (why: string) =>
    screen.warn(
      `${name}: ${why}: finishes what is in flight and stops${why === "SIGINT" ? "; Ctrl-C again stops at once" : ""}`
    )
  return yield* stoppable(options, onStop, (stop, signal) =>
    Effect.gen(function* () {
      yield* showProgress
      const limits = { maxRevokes: limitOf(options), maxSnapshotAge }
      const steps = Access.apply(plan, { ...limits, journal, actor, stop, onBefore: executed?.onBefore })
      const ended = yield* steps.pipe(Stream.runForEach(onStep), Effect.either)
      yield* screen.clear
      const { checkpoints, unread } = plan.counts
      if (options.json) yield* print(jsonLine({ _tag: "Summary", checkpoints, ...Tally.summaryFields(tally), unread }))
      const summary = Tally.summary(tally, plan)
      const isDone = ended._tag === "Right" && tally.complete === plan.checkpoints.length && unread === 0
      if (isDone && !options.json) yield* print(`${screen.out.green("✓")} ${summary}.\n`)
      const saved = yield* Effect.either(
        (Tally.isUnchanged({ ended, tally }) && !isDone ? undefined : executed?.save(plan, isDone)) ??
          Effect.succeed(undefined)
      )
      const wrong = verdict(name, plan, context, { ended, printed, tally }, signal())
      if (Option.isNone(wrong)) return yield* saved
      const note = saved._tag === "Left" ? saved.left.message : saved.right && `the access before is in ${saved.right}`
      if (note) yield* screen.warn(`${name}: ${note}`)
      return yield* Effect.fail(wrong.value)
    })
  )
})

/** Limits the steps before the first change to `--max-duration` too. */
const withTimeLimit =
  (name: string, { maxDuration }: ApplyOptions) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | CommandError, R> =>
    Option.match(maxDuration, {
      onNone: () => self,
      onSome: (duration) =>
        Effect.timeoutFail(self, {
          duration,
          onTimeout: () => incomplete(`${name}: ${time(duration)} ran out before anything was changed: allow more time`)
        })
    })

/**
 * Applies the plan of `prepare` after it is shown and confirmed. From then on no signal interrupts: requests in flight
 * are finished.
 */
export const applyPlan = <E, R>(
  name: string,
  options: ApplyOptions,
  prepare: Effect.Effect<Prepared, E, R>,
  context: Partial<Context> = {}
) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const [elapsed, prepared] = yield* Effect.gen(function* () {
        const made = yield* prepare
        const { plan } = made
        yield* Access.checkPlan(plan)
        yield* confirmPlan(name, options, plan, yield* estimateOf(plan, options))
        return made
      }).pipe(
        Effect.timed,
        withTimeLimit(name, options),
        restore,
        Effect.onInterrupt(() =>
          Screen.warn(`checkpoint-permissions: ${name}: interrupted before anything was changed`)
        )
      )
      const whole = { loaded: false, ...context }
      yield* execute(name, { ...options, elapsed }, prepared, whole)
    })
  )
