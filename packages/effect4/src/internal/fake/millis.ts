import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** The milliseconds of a duration, `undefined` of anything else. A number stays as it is: the fake checks it. */
export const toMillis = (input: Duration.Input): number | undefined =>
  typeof input === "number" ? input : Option.getOrUndefined(Option.map(Duration.fromInput(input), Duration.toMillis))
