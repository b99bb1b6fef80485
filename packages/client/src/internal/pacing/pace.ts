/** The pace of one operation: the state machine of `protocol/pacing`, driven by the fibers that use it. */
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** Requests are held, and for longer than the call has time left. */
export class HeldTooLong extends Data.TaggedError("HeldTooLong")<{
  /** When the hold ends, in milliseconds since the epoch. */
  readonly until: number
}> {}

/** How long a call waited for its turn, in milliseconds. */
export interface Turn {
  readonly waited: number
  /** The part of it during which all requests were held. */
  readonly held: number
}

/** A place in the queue, from entering it until the request has ended. */
export interface Ticket {
  readonly wait: Effect.Effect<Turn, HeldTooLong>
  /** Once, whether the call waited, was sent or was interrupted. Without an outcome when no reply came. */
  readonly leave: (outcome: pacing.Outcome | undefined) => Effect.Effect<void>
}

/** How a call enters. */
export interface Entry {
  /** The longest time it waits while requests are held, in milliseconds. */
  readonly patience: number
  /** It does not wait: its turn is now. */
  readonly atOnce: boolean
  /** Runs in the wait of the call, when something is worth telling of it. */
  readonly onNotice: (notice: pacing.Notice) => Effect.Effect<void>
}

/** The pace of one operation, shared by all fibers of a service. */
export interface Pace {
  readonly enter: (entry: Entry) => Effect.Effect<Ticket>
  /** How long so many further requests take. */
  readonly estimate: (requests: number) => Effect.Effect<Duration.Duration>
}

const immediate: Ticket = {
  wait: Effect.succeed({ waited: 0, held: 0 }),
  leave: () => Effect.void
}

/** Every request goes at once. */
export const none: Pace = {
  enter: () => Effect.succeed(immediate),
  estimate: () => Effect.succeed(Duration.zero)
}

interface Waiting {
  readonly signal: Effect.Latch
  turn: "waiting" | "now" | HeldTooLong
}

/** A timer cannot be set for longer. A call that waits longer sets it again. */
const longestTimer = 2 ** 30

/**
 * The first call in the queue sets the timer for all. When it leaves, the next
 * one sets it, so that no call depends on the fiber of another.
 */
export const make = (initial: () => pacing.State): Effect.Effect<Pace> =>
  Effect.sync(() => {
    let state = initial()
    let lastId = 0
    let wakeAt: number | undefined
    /** The call whose turn is next. */
    let first: Waiting | undefined
    /** What the first call in the queue is to be told. */
    let pending: pacing.Notice | undefined
    const queue = new Map<number, Waiting>()

    const settle = (ids: ReadonlyArray<number>, turn: "now" | HeldTooLong): void => {
      for (const id of ids) {
        const waiting = queue.get(id)
        if (waiting === undefined) continue
        queue.delete(id)
        waiting.turn = turn
        waiting.signal.unsafeOpen()
      }
    }

    const step = (event: pacing.Event): pacing.Notice | undefined => {
      const [next, actions] = pacing.step(state, event)
      state = next
      if (event._tag === "leave") queue.delete(event.id)
      settle(actions.go, "now")
      if (actions.refuse.length > 0) settle(actions.refuse, new HeldTooLong({ until: actions.heldUntil ?? event.now }))
      const before = first
      first = actions.next === undefined ? undefined : queue.get(actions.next)
      if (event._tag !== "enter") pending = actions.notice ?? pending
      if (first !== before || actions.wakeAt !== wakeAt || pending !== undefined) {
        wakeAt = actions.wakeAt
        first?.signal.unsafeOpen()
      }
      return event._tag === "enter" ? actions.notice : undefined
    }

    /** The timer has run out. The clock may have been put back meanwhile, which the state machine knows how to take. */
    const tick = Effect.map(Clock.currentTimeMillis, (now) => void step({ _tag: "tick", now }))

    /** Waits for the signal, or until the time has come. */
    const waitUntil = (waiting: Waiting, at: number, now: number): Effect.Effect<void> =>
      Effect.acquireUseRelease(
        Effect.sleep(Math.min(Math.ceil(at - now), longestTimer)).pipe(
          Effect.zipRight(tick),
          Effect.zipRight(waiting.signal.open),
          Effect.interruptible,
          Effect.forkDaemon
        ),
        () => waiting.signal.await,
        Fiber.interrupt
      )

    const enter = ({ atOnce, onNotice, patience }: Entry): Effect.Effect<Ticket> =>
      Effect.flatMap(Clock.currentTimeMillis, (enteredAt) => {
        const id = ++lastId
        const heldBefore = pacing.heldTime(state, enteredAt)
        const waiting: Waiting = { signal: Effect.unsafeMakeLatch(false), turn: "waiting" }
        queue.set(id, waiting)
        let untold = step({ _tag: "enter", id, now: enteredAt, patience, atOnce })

        const wait: Effect.Effect<Turn, HeldTooLong> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
          waiting.signal.unsafeClose()
          if (waiting.turn === "now") {
            const held = pacing.heldTime(state, now) - heldBefore
            return Effect.succeed({ waited: Math.max(0, now - enteredAt), held })
          }
          if (waiting.turn !== "waiting") return waiting.turn
          if (first === waiting) {
            untold = pending ?? untold
            pending = undefined
          }
          if (untold !== undefined) {
            const notice = untold
            untold = undefined
            return Effect.zipRight(notice.until > now ? onNotice(notice) : Effect.void, wait)
          }
          if (first !== waiting || wakeAt === undefined) return Effect.zipRight(waiting.signal.await, wait)
          return Effect.zipRight(wakeAt > now ? waitUntil(waiting, wakeAt, now) : tick, wait)
        })

        const ticket: Ticket = {
          wait,
          leave: (outcome) =>
            Effect.map(Clock.currentTimeMillis, (now) => void step({ _tag: "leave", id, now, outcome }))
        }
        return Effect.succeed(ticket)
      })

    return {
      enter,
      estimate: (requests) =>
        Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(Math.ceil(pacing.estimate(state, requests, now))))
    }
  })
