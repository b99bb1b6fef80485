/** The time of the server, from the `Date` header of its replies. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

export type ServerTime = Effect.Effect.Success<ReturnType<typeof watch>>[1]

const maxDifference = Duration.toMillis("1 minute")

/** The largest difference that is none: `Date` has whole seconds. Milliseconds. */
const resolution = 2000

/** Returns a clock that is ahead of another one by `offset` milliseconds. Delays and spans in nanoseconds are the same. */
const ahead = (clock: Clock.Clock, offset: () => number): Clock.Clock => ({
  [Clock.ClockTypeId]: Clock.ClockTypeId,
  unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + offset(),
  currentTimeMillis: Effect.map(clock.currentTimeMillis, (millis) => millis + offset()),
  unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
  currentTimeNanos: clock.currentTimeNanos,
  sleep: (duration) => clock.sleep(duration)
})

/** Returns true for a reply after which a call may be sent again. Its cap counts from the time before this reply. */
const isRetryable = (status: number): boolean => status === 408 || status === 429 || status >= 500

/**
 * Returns a client that compares the date of each reply with the clock of this machine, and the time of the server.
 */
export const watch = (client: HttpClient.HttpClient) =>
  Effect.clockWith((machine) =>
    Effect.sync(() => {
      /** The difference of the newest reply with a date, in milliseconds. */
      const newest = MutableRef.make<number | undefined>(undefined)
      /** The difference of `clock`. Changes only if a clock was set, so that the times of a run are in order. */
      const offset = MutableRef.make<number | undefined>(undefined)
      const isReported = MutableRef.make(false)
      const observed = HttpClient.tap(client, ({ headers, status }) =>
        Effect.sync(() => {
          const date = Date.parse(headers["date"] ?? "")
          if (Number.isNaN(date)) return
          const difference = date - machine.unsafeCurrentTimeMillis()
          newest.current = difference
          const { current } = offset
          if (isRetryable(status) || (current !== undefined && Math.abs(difference - current) <= maxDifference)) return
          offset.current = Math.abs(difference) <= resolution ? 0 : difference
        })
      )
      const dayOf = (millis: number) => DateTime.formatIsoDateUtc(DateTime.unsafeMake(millis))
      /** Prints the difference if it exceeds a minute, at most once: the server's time from the clock of this machine. */
      const report = Effect.suspend(() => {
        const { current: millis = 0 } = newest
        if (Math.abs(millis) <= maxDifference || isReported.current) return Effect.void
        isReported.current = true
        const by = time(Duration.minutes(Math.round(Math.abs(millis) / 60_000)))
        const here = machine.unsafeCurrentTimeMillis()
        const day = dayOf(here + millis)
        return Screen.warn(
          `the clock of this machine is ${by} ${millis > 0 ? "behind" : "ahead of"} the server: using server time${day === dayOf(here) ? "" : `, ${day}`}`
        )
      })
      return [
        observed,
        {
          /** The present time of the server. Before its first reply with a date: the clock of this machine. */
          now: Effect.sync(() => DateTime.unsafeMake(machine.unsafeCurrentTimeMillis() + (newest.current ?? 0))),
          clock: ahead(machine, () => offset.current ?? 0),
          /** Returns true if a reply had a date. */
          isKnown: Effect.sync(() => newest.current !== undefined),
          machine,
          report
        }
      ] as const
    })
  )
