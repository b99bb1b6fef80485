/** Takes away what is known at once, and reads last. */

import { withOptions } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { limits } from "@checkpoint-permissions/protocol/settling"
import * as Arr from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AccessStep } from "../../AccessStep.ts"
import { read, spanOf } from "../checkpoint/read.ts"
import type { State } from "../checkpoint/state.ts"
import { type Context, writesOf } from "../checkpoint/writes.ts"
import type { JournalFailed } from "../journal/model.ts"
import { derive } from "../plan/derive.ts"
import type { AccessPlan, CheckpointPlan, PlanRefused } from "../plan/model.ts"
import type { Outcome } from "../run/run.ts"
import * as Run from "../run/run.ts"
import { forEach } from "../run/until.ts"
import { applyCheckpoint, deleteFound, judged } from "./checkpoint.ts"
import type { ApplyOptions } from "./options.ts"
import { type Emit, type Failure, makeSession, stepsOf } from "./session.ts"

/** @category models */
export interface EverywhereOptions extends ApplyOptions {
  /** The most permissions that are deleted, those that are known included. Default: no limit. */
  readonly maxRevokes?: number | undefined
  /** Whether as many more may be deleted as readings found beyond `maxRevokes`; asked once. Default: none. */
  readonly onExceeded?: ((count: number) => Effect.Effect<boolean>) | undefined
}

/** So many deletes show whether the server counts lists and deletes together: it takes about ten calls a minute. */
const beforeLists = 10

const nothingEnds = { day: undefined, isDoubtful: false }

const work = Effect.fnUntraced(function* (
  state: State,
  plan: AccessPlan,
  options: EverywhereOptions,
  emit: Emit
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { atCheckpoint, end, run } = yield* makeSession(state, plan, options, emit)
  const projects: ReadonlyArray<ProjectId> = plan.unwanted ?? []
  const concurrency = options.concurrency ?? limits.concurrency
  const [unknown, known] = Arr.partition(plan.checkpoints, ({ revokes }) => revokes.length > 0)
  const agreed = new Set<string>(known.flatMap(({ revokes }) => revokes.map(({ permission }) => permission.id)))
  let limit = options.maxRevokes ?? Number.POSITIVE_INFINITY
  let exceeded = 0
  const readAgain: Array<CheckpointPlan> = []
  let deletes = 0
  const listsMayBegin = yield* Effect.makeLatch()
  const allDeleted = yield* Deferred.make<void>()
  /** Of each checkpoint with known permissions: open once they are deleted. */
  const deleted = new Map<string, Effect.Latch>()
  for (const { checkpoint } of known) deleted.set(checkpoint, yield* Effect.makeLatch())

  /** What fails is found by the reading, which tries again. */
  const deleteKnown = ({ checkpoint, revokes }: CheckpointPlan) =>
    atCheckpoint(checkpoint, (given) => {
      // The reading tries again, and reports the owner then.
      const emit = (step: AccessStep) => (step._tag === "Impossible" ? Effect.void : given.emit(step))
      const { context, outcome } = judged({ ...given, emit })
      const writes = writesOf(context)
      const remove = ({ permission }: CheckpointPlan["revokes"][number]) =>
        Effect.tap(deleteFound(context, writes, permission), () => {
          deletes += 1
          return deletes < beforeLists ? Effect.void : listsMayBegin.open
        })
      return Effect.map(forEach(revokes, limits.concurrency, remove), outcome)
    })

  /** Reads a checkpoint, and deletes what is found there as far as the number goes. */
  const settle = Effect.fnUntraced(function* (
    context: Context,
    checkpointPlan: CheckpointPlan,
    isLast: boolean
  ): Effect.fn.Return<Outcome, JournalFailed> {
    const { checkpoint } = context
    const outcome = yield* Effect.either(read(state.permissions, checkpoint, projects))
    if (Either.isLeft(outcome)) {
      yield* context.emit({ _tag: "Failed", checkpoint, action: "read", error: outcome.left })
      yield* context.emit({ _tag: "CheckpointFinished", checkpoint, complete: false })
      return outcome.left
    }
    const reading = outcome.right
    const row = { permissions: reading.permissions, ...spanOf(reading) }
    const wanted = { checkpoint, owner: undefined, mode: "at-least", projects: [] } as const
    const found = derive(wanted, row, state.owners.get(checkpoint), projects, nothingEnds)
    const [over, revokes] = Arr.partition(found.revokes, ({ permission: { id } }) => {
      if (agreed.size < limit) agreed.add(id)
      return agreed.has(id)
    })
    const isHeld = over.length > 0 && !isLast
    if (isHeld) {
      exceeded += over.length
      readAgain.push(checkpointPlan)
    } else {
      for (const { permission } of over) {
        const { id, project_id } = permission
        yield* context.emit({ _tag: "Exceeded", checkpoint, project_id, permission: id })
      }
    }
    const told = (step: AccessStep): Effect.Effect<void> => {
      if (step._tag !== "CheckpointFinished" || over.length === 0) return context.emit(step)
      return isHeld ? Effect.void : context.emit({ ...step, complete: false })
    }
    const task = { plan: { ...found, revokes }, mode: "at-least", unwanted: projects, reading } as const
    return yield* applyCheckpoint({ ...context, emit: told }, task)
  })

  const readAll = (checkpoints: ReadonlyArray<CheckpointPlan>, isLast = options.onExceeded === undefined) =>
    Run.forEachCheckpoint(run, checkpoints, concurrency, (one) =>
      Effect.zipRight(
        deleted.get(one.checkpoint)?.await ?? Effect.void,
        atCheckpoint(one.checkpoint, (context) => settle(context, one, isLast))
      )
    )

  const deleting = Run.forEachCheckpoint(run, known, concurrency, (one) =>
    Effect.ensuring(deleteKnown(one), deleted.get(one.checkpoint)?.open ?? Effect.void)
  )

  const reading = Effect.gen(function* () {
    yield* listsMayBegin.await
    const [first = known[0]] = unknown
    if (first !== undefined && !(yield* Deferred.isDone(allDeleted))) {
      const tried = yield* read(state.permissions, first.checkpoint, projects).pipe(
        withOptions({ retry: RetryPolicy.none }),
        Effect.either,
        (self) => Run.untilHalted(run, self)
      )
      const isRefused = Option.exists(tried, (one) => Either.isLeft(one) && one.left._tag === "RateLimitError")
      if (isRefused) yield* Deferred.await(allDeleted)
    }
    yield* readAll([...unknown, ...known])
    if (exceeded > 0 && options.onExceeded !== undefined) {
      if (yield* options.onExceeded(exceeded)) limit = agreed.size + exceeded
      yield* readAll(readAgain, true)
    }
  })

  const onAllDeleted = Effect.zipRight(
    Deferred.succeed(allDeleted, undefined),
    Effect.forEach([listsMayBegin, ...deleted.values()], (latch) => latch.open)
  )
  const both = Effect.all([Effect.ensuring(deleting, onAllDeleted), reading], { concurrency: 2, discard: true })
  yield* end(yield* Effect.exit(both))
}, Effect.scoped)

/** Applies a plan of `planKnown`: deletes first, then reads. */
export const revokeEverywhere = (
  state: State,
  plan: AccessPlan,
  options: EverywhereOptions = {}
): Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed> => stepsOf(state, plan, options, work)
