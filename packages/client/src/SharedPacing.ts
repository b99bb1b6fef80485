/**
 * One pace for several machines, kept by the `RateLimiter` of `@effect/experimental`: in Redis, or in the memory of one
 * process.
 *
 * A module of its own, since `@effect/experimental` is an optional peer: nothing else here needs it.
 *
 * @since 0.1.0
 */
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import type * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pace from "./internal/pacing/pace.ts"
import { TypeId } from "./internal/pacing/pacing.ts"
import { attemptTimeout } from "./internal/timeout.ts"
import * as Pacing from "./Pacing.ts"

/**
 * The rate that all of them keep together.
 *
 * @category models
 */
export interface SharedOptions extends Pacing.FixedOptions {
  /**
   * What the limiter counts under: the same on all machines that use one key of the API. The operation is added to it,
   * since the server counts each separately. Default: `"checkpoint-permissions"`.
   */
  readonly key?: string | undefined
  /**
   * What is done while the store of the limiter fails or does not answer within 5 seconds. `"keep-rate"`, the default:
   * this process goes on at the rate for itself, as {@link Pacing.fixed} does, so several together exceed it. `"wait"`:
   * nothing is sent until the store answers.
   */
  readonly onStoreFailure?: "keep-rate" | "wait" | undefined
}

/** A store that takes longer counts as one that failed. */
const storeTimeout = Duration.seconds(5)

interface StoreFailed {
  readonly message: string
}

/**
 * Paces requests by a limiter that machines share, at a fixed rate.
 *
 * Requests of one service go first come, first served; there is no order between machines. A cancelled waiter does not
 * consume a token. With `burst` the limiter counts by `token-bucket`, without by `fixed-window`.
 *
 * If the store of the limiter fails or does not answer within 5 seconds, the pace goes on as {@link Pacing.fixed} with
 * the same options, each machine for itself, or waits, as `onStoreFailure` says, and logs so at debug level. The store
 * is asked again for the next request, or when the next turn would be due.
 *
 * @example
 * ```ts
 * import * as SharedPacing from "@checkpoint-permissions/client/SharedPacing"
 * import * as RateLimiter from "@effect/experimental/RateLimiter"
 * import { Effect } from "effect"
 *
 * // with the store of `@effect/experimental/RateLimiter/Redis`, between machines
 * const options = Effect.gen(function* () {
 *   const limiter = yield* RateLimiter.RateLimiter
 *   return { pacing: SharedPacing.shared(limiter, { requests: 10, per: "1 minute" }) }
 * })
 * ```
 *
 * @category constructors
 */
export const shared = (limiter: RateLimiter.RateLimiter, options: SharedOptions): Pacing.Pacing => {
  const local = Pacing.fixed(options)
  if (local[TypeId].problem !== undefined) return local
  const { burst, key = "checkpoint-permissions", requests } = options
  const per = Duration.toMillis(options.per)
  // the limiter has one number for the size of the bucket and for what a window refills
  const limit = Math.floor(burst ?? requests)
  const window = Duration.millis((per * limit) / requests)
  const algorithm = burst === undefined ? "fixed-window" : "token-bucket"
  // a token bucket answers with a whole interval, however much of it is over
  const longestWait = burst === undefined ? per : per / requests / 8

  /** Milliseconds until it is worth asking again, 0 for a turn; or why the store cannot be asked. */
  const ask = (key: string): Effect.Effect<number | StoreFailed> =>
    attemptTimeout(
      Effect.match(limiter.consume({ algorithm, onExceeded: "fail", window, limit, key }), {
        onFailure: (error): number | StoreFailed =>
          error.reason === "StoreError"
            ? { message: error.message }
            : Math.ceil(Math.max(1, Math.min(longestWait, Duration.toMillis(error.retryAfter)))),
        onSuccess: () => 0
      }),
      storeTimeout,
      () => ({ message: "no answer" })
    )

  return {
    [TypeId]: {
      make: (operation) =>
        sharedPace(
          ask(`${key}/${operation}`),
          Pace.make(() => pacing.pauses({ requests, per })),
          options.onStoreFailure === "wait" ? Math.ceil(per / requests) : local[TypeId].make(operation)
        )
    }
  }
}

/**
 * A turn of `ask` while nothing is held. When `ask` fails: a turn of `otherwise`, or it is asked again after so many
 * milliseconds.
 */
const sharedPace = (
  ask: Effect.Effect<number | StoreFailed>,
  holds: Pace.Pace,
  otherwise: Pace.Pace | number
): Pace.Pace => {
  // one call asks at a time, so that they go in their order
  const order = Effect.unsafeMakeSemaphore(1)
  let waiting = 0

  const enter = (entry: Pace.Entry): Effect.Effect<Pace.Ticket> =>
    Effect.sync(() => {
      const tickets = new Set<Pace.Ticket>()
      const take = (pace: Pace.Pace, entry: Pace.Entry) =>
        Effect.flatMap(
          Effect.uninterruptible(Effect.tap(pace.enter(entry), (ticket) => tickets.add(ticket))),
          (ticket) => ticket.wait
        )
      const leave = (outcome: pacing.Outcome | undefined) =>
        Effect.suspend(() => {
          const left = [...tickets]
          tickets.clear()
          return Effect.forEach(left, (ticket) => ticket.leave(outcome), { discard: true })
        })

      /** How long until it is worth asking again. */
      const onStoreFailure = ({ message }: StoreFailed): Effect.Effect<number> =>
        typeof otherwise === "number"
          ? Effect.as(Effect.logDebug(`The shared pace cannot be asked (${message}): nothing is sent`), otherwise)
          : Effect.logDebug(
              `The shared pace cannot be asked (${message}): this process keeps the rate for itself`
            ).pipe(Effect.zipRight(take(otherwise, entry)), Effect.as(0))

      const turn = (held: number): Effect.Effect<pacing.Turn | pacing.HeldTooLong> =>
        Effect.flatMap(take(holds, { ...entry, patience: entry.patience - held }), (taken) => {
          if ("heldUntil" in taken) return Effect.succeed(taken)
          const all = held + taken.held
          return ask.pipe(
            Effect.flatMap((answer) => (typeof answer === "number" ? Effect.succeed(answer) : onStoreFailure(answer))),
            Effect.flatMap((delay) =>
              delay === 0
                ? Effect.succeed({ ...taken, held: all })
                : Effect.uninterruptible(leave(undefined)).pipe(
                    Effect.zipRight(tellTurn(delay)),
                    Effect.zipRight(Effect.sleep(delay)),
                    Effect.zipRight(Effect.suspend(() => turn(all)))
                  )
            )
          )
        })

      const tellTurn = (delay: number) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          entry.onNotice({ reason: "turn", until: now + delay, waiting })
        )

      const counted = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.acquireUseRelease(
          Effect.sync(() => (waiting += 1)),
          () => self,
          () => Effect.sync(() => (waiting -= 1))
        )

      const wait: Pace.Ticket["wait"] = entry.atOnce
        ? take(holds, entry)
        : Effect.flatMap(Clock.currentTimeMillis, (enteredAt) =>
            Effect.flatMap(counted(order.withPermits(1)(turn(0))), (given) =>
              Effect.map(Clock.currentTimeMillis, (at) =>
                "heldUntil" in given ? given : { at, waited: Math.max(0, at - enteredAt), held: given.held }
              )
            )
          )
      return { wait, leave }
    })

  return { enter, estimate: holds.estimate }
}
