/** The time of the server, from the `Date` header of its newest reply. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"

export type ServerTime = Effect.Effect.Success<ReturnType<typeof watch>>[1]

const maxDifference = Duration.toMillis("1 minute")

/**
 * Returns a client that compares the date of each reply with the clock of this machine, and the time of the server.
 */
export const watch = (client: HttpClient.HttpClient) =>
  Effect.zipWith(Ref.make(0), Ref.make(false), (offset, isReported) => {
    const observed = HttpClient.tap(client, ({ headers }) =>
      Option.match(DateTime.make(Date.parse(headers["date"] ?? "")), {
        onNone: () => Effect.void,
        onSome: (date) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.set(offset, DateTime.toEpochMillis(date) - now))
      })
    )
    /** Prints the difference if it exceeds a minute, at most once: the server's time from the clock of this machine. */
    const report = Effect.flatMap(Ref.get(offset), (millis) => {
      if (Math.abs(millis) <= maxDifference) return Effect.void
      return Effect.unlessEffect(warnDifference(millis), Ref.getAndSet(isReported, true))
    })
    const warnDifference = (millis: number) => {
      const by = time(Duration.minutes(Math.round(Math.abs(millis) / 60_000)))
      return Screen.warn(
        `the clock of this machine is ${by} ${millis > 0 ? "behind" : "ahead of"} the server: using server time`
      )
    }
    /** The present time of the server. Before its first reply with a date: the clock of this machine. */
    const now = Effect.zipWith(DateTime.now, Ref.get(offset), (here, millis) => DateTime.add(here, { millis }))
    return [observed, { now, report }] as const
  })
