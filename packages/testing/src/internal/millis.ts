import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** The milliseconds of a duration, `undefined` of anything else. What is negative stays so: the fake refuses it. */
export const toMillis = (input: Duration.DurationInput): number | undefined => {
  if (typeof input === "number") return input
  if (typeof input === "string" && input.startsWith("-")) return Number.parseFloat(input)
  return Option.getOrUndefined(Option.map(Duration.decodeUnknown(input), Duration.toMillis))
}
