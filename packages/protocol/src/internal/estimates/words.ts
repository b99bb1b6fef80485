/** Estimates for people. */
import { duration } from "../../messages.ts"
import type { Basis, Estimate } from "./estimate.ts"

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

const rests: Readonly<Record<Basis, string>> = {
  configured: "at the rate that was given",
  measured: "at the measured pace",
  assumed: "at ten a minute"
}

/** An estimate in a few words: how long, at which rate, and if that is assumed how long if nothing is refused. */
export const words = ({ basis, millis, refused, unrefused }: Estimate): string => {
  if (millis < second) return "without a wait"
  const all = `about ${time(millis)} ${rests[basis]}`
  const least = unrefused === undefined ? "less" : time(unrefused)
  const isAll = basis !== "assumed" || (unrefused === undefined ? refused > 0 : least === time(millis))
  return isAll ? all : `${all}, ${least} if nothing ${refused === 0 ? "" : "more "}is refused`
}
