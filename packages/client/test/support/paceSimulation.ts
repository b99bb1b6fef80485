/** Fibers that work through a pace against a server, in virtual time: a plain simulation of events, without Effect. */
import type { Machine, Report } from "../../src/internal/paceMachine.ts"
import type { Server } from "./paceServers.ts"

export interface Work {
  readonly requests: number
  readonly fibers: number
  /** The shortest and the longest time from sending to the reply. */
  readonly latency: readonly [number, number]
  readonly headers: "none" | "retry-after" | "retry-after-ms" | "x-ratelimit"
  readonly seed: number
}

export interface Result {
  /** When the last request was done. */
  readonly time: number
  readonly sent: number
  readonly refused: number
  /** Operations that spent more than ten minutes on attempts and delays. */
  readonly failed: number
  /** The most refused one after the other. */
  readonly longestRun: number
  readonly refusedAt: ReadonlyArray<number>
}

/** mulberry32 */
export const random = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const cap = 600_000

export const simulate = <S>(machine: Machine<S>, server: Server, work: Work): Result => {
  const next = random(work.seed)
  const events: Array<Event> = []
  let order = 0
  let now = 0
  const earlier = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
  const at = (time: number, run: () => void): void => {
    events.push({ at: time, order: order++, run })
    let i = events.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      const [a, b] = [events[i]!, events[parent]!]
      if (!earlier(a, b)) break
      events[i] = b
      events[parent] = a
      i = parent
    }
  }
  const pop = (): Event | undefined => {
    const top = events[0]
    const last = events.pop()
    if (top === undefined || last === undefined || events.length === 0) return top
    events[0] = last
    for (let i = 0; ; ) {
      let least = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < events.length && earlier(events[child]!, events[least]!)) least = child
      }
      if (least === i) return top
      const [a, b] = [events[i]!, events[least]!]
      events[i] = b
      events[least] = a
      i = least
    }
  }

  let state = machine.initial
  const waiting: Array<() => void> = []
  let wakesAt = Number.NaN
  const pump = (): void => {
    while (waiting.length > 0) {
      const when = Math.ceil(machine.nextAt(state, now))
      if (when > now) {
        if (when !== wakesAt && Number.isFinite(when)) {
          wakesAt = when
          at(when, () => {
            if (wakesAt === when) wakesAt = Number.NaN
          })
        }
        return
      }
      state = machine.sent(state, now)
      waiting.shift()?.()
    }
  }

  let left = work.requests
  let done = 0
  let time = 0
  let sent = 0
  let refused = 0
  let failed = 0
  let run = 0
  let longestRun = 0
  const refusedAt: Array<number> = []

  const fiber = (): void => {
    if (left === 0) return
    left -= 1
    let attempt = 0
    let spent = 0
    const end = (): void => {
      done += 1
      time = now
      fiber()
    }
    const send = (): void => {
      sent += 1
      const began = now
      const [shortest, longest] = work.latency
      const latency = shortest + next() * (longest - shortest)
      at(began + latency * next(), () => {
        const wait = server.arrive(now)
        const said = work.headers === "x-ratelimit" ? server.left(now) : undefined
        at(began + latency, () => {
          now = Math.ceil(now)
          const limited = wait > 0
          const retryAfter =
            !limited || work.headers === "none" || work.headers === "x-ratelimit"
              ? undefined
              : work.headers === "retry-after"
                ? Math.ceil(wait / 1000) * 1000
                : Math.ceil(wait)
          const report: Report = { status: limited ? "limited" : "accepted", retryAfter, ...said }
          state = machine.reported(state, now, report)
          if (!limited) {
            run = 0
            return end()
          }
          refused += 1
          refusedAt.push(now)
          run += 1
          longestRun = Math.max(longestRun, run)
          const delay = Math.max(retryAfter ?? 0, Math.min(60_000, 1000 * 2 ** attempt) * (0.8 + 0.4 * next()))
          attempt += 1
          spent += latency + delay
          if (spent > cap) {
            failed += 1
            return end()
          }
          at(now + delay, () => {
            waiting.push(send)
          })
        })
      })
    }
    waiting.push(send)
  }
  for (let i = 0; i < work.fibers; i++) fiber()
  pump()
  while (done < work.requests) {
    const event = pop()
    if (event === undefined) throw new Error("nobody will ever go on")
    now = event.at
    event.run()
    pump()
  }
  return { time, sent, refused, failed, longestRun, refusedAt }
}
