/** Estimates for people. */
import { duration } from "../../messages.ts"
import type { Estimate } from "./estimate.ts"

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** From so many milliseconds on, times are multiples of the second number: no step is more than a tenth or a second. */
const units: ReadonlyArray<readonly [from: number, unit: number]> = [
  [10 * hour, hour],
  [2 * hour, 10 * minute],
  [10 * minute, minute],
  [2 * minute, 10 * second],
  [minute, 5 * second],
  [0, second]
]

const rounded = (millis: number): number => {
  const [, unit] = units.find(([from]) => millis >= from) ?? [0, second]
  return Math.max(1, Math.round(millis / unit)) * unit
}

/** A time as people say it, rounded to a tenth of it or to a second: `5 s`, `2m 50s`, `1h 17m`. */
export const time = (millis: number): string => {
  const whole = rounded(millis)
  return whole < minute ? `${whole / second} s` : duration(whole)
}

/** An estimate in a few words, with what it rests on. */
export const words = ({ basis, millis, refused, unrefused }: Estimate): string => {
  if (millis < second) return "without a wait"
  const all = time(millis)
  switch (basis) {
    case "configured":
      return `about ${all} at the rate that was given`
    case "measured":
      return `about ${all} at the measured pace`
    case "assumed": {
      const less = refused === 0 ? "if nothing is refused" : "if nothing more is refused"
      const assumed = `${all} at ten a minute`
      if (unrefused === undefined) return refused === 0 ? `${assumed}, less ${less}` : `about ${assumed}`
      return time(unrefused) === all ? `about ${all}` : `${time(unrefused)} ${less}, ${assumed}`
    }
  }
}
