import type * as Fake from "@checkpoint-permissions/fake/behavior"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Range, Settings } from "../../ServerBehavior.ts"

/** What is no duration becomes `NaN`: the fake says what is wrong with it. */
const millis = (input: Duration.Input): number =>
  Option.match(Duration.fromInput(input), { onNone: () => Number.NaN, onSome: Duration.toMillis })

const isRange = (input: Duration.Input | Range): input is Range =>
  typeof input === "object" && "min" in input && "max" in input

const delay = (input: Duration.Input | Range): number | Fake.Range =>
  isRange(input) ? { min: millis(input.min), max: millis(input.max) } : millis(input)

const optional = <A, B>(value: A | undefined, f: (value: A) => B): B | undefined =>
  value === undefined ? undefined : f(value)

/** Settings as the fake takes them, in milliseconds. */
export const toFake = ({
  auditLag,
  latency,
  listingLag,
  rate,
  replyLatency,
  ...settings
}: Settings): Fake.Settings => ({
  ...settings,
  auditLag: optional(auditLag, millis),
  latency: optional(latency, delay),
  listingLag: optional(listingLag, millis),
  rate: typeof rate === "object" ? { ...rate, per: millis(rate.per) } : rate,
  replyLatency: optional(replyLatency, delay)
})
