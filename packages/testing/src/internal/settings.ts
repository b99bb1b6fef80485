import * as FakeBehavior from "@checkpoint-permissions/fake/behavior"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Key, ServerBehavior, Settings } from "../ServerBehavior.ts"

/** What is no duration, or a negative one, stays as it is: the fake says what is wrong with it. */
const millis = (input: unknown): unknown => {
  if (typeof input === "number") return input
  if (typeof input === "string" && input.startsWith("-")) return Number.parseFloat(input)
  return Option.match(Duration.decodeUnknown(input), { onNone: () => input, onSome: Duration.toMillis })
}

const delay = (input: unknown): unknown =>
  Predicate.isRecord(input) && "min" in input && "max" in input
    ? { ...input, min: millis(input["min"]), max: millis(input["max"]) }
    : millis(input)

const plainKey = (key: Key) => ({ ...key, key: Redacted.isRedacted(key.key) ? Redacted.value(key.key) : key.key })

/** Settings as the fake takes them: milliseconds and plain keys. Throws `InvalidSetting` if one makes no sense. */
export const toFake = (settings: Settings): FakeBehavior.Settings => {
  const { auditLag, keys, latency, listingLag, rate, replyLatency } = settings
  const plain: unknown = {
    ...settings,
    keys: Array.isArray(keys) ? keys.map(plainKey) : keys,
    rate: typeof rate === "object" ? { ...rate, per: millis(rate.per) } : rate,
    latency: latency === undefined ? undefined : delay(latency),
    replyLatency: replyLatency === undefined ? undefined : delay(replyLatency),
    auditLag: auditLag === undefined ? undefined : millis(auditLag),
    listingLag: listingLag === undefined ? undefined : millis(listingLag)
  }
  FakeBehavior.assertSettings(plain)
  return plain
}

/** Settings of the fake in Effect's types. */
export const fromFake = ({ keys, ...behavior }: FakeBehavior.ServerBehavior): ServerBehavior => ({
  ...behavior,
  keys: keys === "any" ? keys : keys.map((one) => ({ ...one, key: Redacted.make(one.key) }))
})
