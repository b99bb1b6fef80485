/** Fibers that send requests through a rate limiter to a server, in virtual time, as the client does. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Events from "./events.ts"
import { type Random, random } from "./random.ts"
import { type Answer, minute, type Server } from "./servers.ts"

/** The headers of a reply. */
export type Headers = (
  answer: Answer,
  left: ReturnType<NonNullable<Server["left"]>> | undefined
) => Partial<pacing.Outcome> | undefined

export interface Work {
  readonly requests: number
  readonly fibers: number
  /** The minimum and maximum time from a request to its reply. */
  readonly latency: readonly [number, number]
  readonly headers?: Headers | undefined
  readonly seed: number
  /** The number of clients that use the server concurrently, each with its own rate limiter. */
  readonly clients?: number | undefined
  /** Called when a request is done, with the estimate for the remaining ones. */
  readonly onEstimate?: ((now: number, estimate: estimates.Estimate) => void) | undefined
  /** Called with each reply. */
  readonly onReply?: ((now: number, accepted: boolean) => void) | undefined
}

export interface Result {
  /** The time at which the last request was done. */
  readonly time: number
  readonly sent: number
  readonly refused: number
  /** Calls that reached the cap of ten minutes. */
  readonly failed: number
}

/** The cap of a call, in milliseconds, without waits for a steady rate. */
const cap = 10 * minute

/** Returns the delay before attempt `attempt + 1`: exponential, with 20 % jitter. */
const delayOf = (least: number, most: number, attempt: number, next: Random): number =>
  Math.min(most, least * 2 ** Math.min(attempt, 30)) * (0.8 + 0.4 * next())

interface Call {
  readonly spent: number
  readonly attempt: number
  readonly heldBefore: number
}

/** The state of all clients. `busy` is the number of fibers that are not done. */
const nothing = { time: 0, sent: 0, refused: 0, failed: 0, busy: 0 }

const client = (events: Events.Events, server: Server, work: Work, seed: number, counts: typeof nothing): void => {
  const next = random(seed)
  const waiting = new Map<number, Call>()
  let state = pacing.adaptive()
  let lastId = 0
  let lastGone = 0
  let wakeAt: number | undefined
  let left = work.requests
  let done = 0
  const traffic = estimates.traffic()

  const step = (event: pacing.Event): void => {
    const [after, actions] = pacing.step(state, event)
    state = after
    for (const id of actions.permitted) {
      if (id <= lastGone) throw new Error("Requests were not let go in the order in which they came")
      lastGone = id
      const call = waiting.get(id)
      if (call === undefined) throw new Error("A call was let go twice")
      waiting.delete(id)
      send(id, call, event.now)
    }
    for (const id of actions.rejected) {
      waiting.delete(id)
      finish(event.now, true)
    }
    const at = actions.wakeAt
    if (at !== undefined && at !== wakeAt) {
      events.schedule(Math.max(at, event.now), (now) => {
        if (wakeAt !== at) return
        wakeAt = undefined
        step({ _tag: "tick", now })
      })
    }
    wakeAt = at
  }

  const enter = (now: number, spent: number, attempt: number): void => {
    const id = ++lastId
    waiting.set(id, { spent, attempt, heldBefore: pacing.pausedTime(state, now) })
    step({ _tag: "enter", id, now, maxPause: cap - spent })
  }

  const retry = (now: number, call: Call, spent: number, delay: number): void => {
    const after = spent + delay
    if (after > cap) finish(now, true)
    else events.schedule(Math.ceil(now + delay), (then) => enter(then, after, call.attempt + 1))
  }

  const send = (id: number, call: Call, sentAt: number): void => {
    counts.sent += 1
    const held = pacing.pausedTime(state, sentAt) - call.heldBefore
    const left = traffic.sent()
    const [shortest, longest] = work.latency
    const latency = Math.ceil(shortest + next() * (longest - shortest))
    events.schedule(sentAt + latency * next(), (arrivedAt) => {
      const answer = server.arrive(arrivedAt)
      const headers = work.headers?.(answer, server.left?.(arrivedAt))
      events.schedule(sentAt + latency, (now) => {
        if (answer.accepted) server.finish?.(now)
        const spent = call.spent + held + now - sentAt
        left(now - sentAt)
        work.onReply?.(now, answer.accepted)
        if (answer.accepted) {
          step({ _tag: "leave", id, now, outcome: { ...headers, status: "accepted" } })
          finish(now, false)
          return
        }
        counts.refused += 1
        step({ _tag: "leave", id, now, outcome: { ...headers, status: "limited" } })
        retry(now, call, spent, Math.max(headers?.retryAfter ?? 0, delayOf(1000, minute, call.attempt, next)))
      })
    })
  }

  const finish = (now: number, failed: boolean): void => {
    counts.time = now
    if (failed) counts.failed += 1
    done += 1
    if (work.onEstimate !== undefined && done < work.requests) {
      const requests = work.requests - done
      const limiter = pacing.estimate(state, requests, now)
      work.onEstimate(now, estimates.overall([{ requests, limiter }], traffic.each()))
    }
    events.schedule(now, begin)
  }

  const begin = (now: number): void => {
    if (left === 0) {
      counts.busy -= 1
      return
    }
    left -= 1
    enter(now, 0, 0)
  }

  counts.busy += work.fibers
  for (let i = 0; i < work.fibers; i++) events.schedule(0, begin)
}

export const simulate = (server: Server, work: Work): Result => {
  const events = Events.make()
  const counts = { ...nothing }
  for (let i = 0; i < (work.clients ?? 1); i++) client(events, server, work, work.seed + 7919 * i, counts)
  events.runUntil(() => counts.busy === 0)
  if (counts.busy > 0) throw new Error("Nothing will ever happen again, and calls still wait")
  return counts
}
