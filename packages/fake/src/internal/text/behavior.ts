import type { ServerBehavior, Settings } from "../../behavior.ts"
import { assertSettings } from "../../behavior.ts"
import * as BehaviorCheck from "../behavior/check.ts"
import { isRecord } from "../checks.ts"
import * as Duration from "./duration.ts"

const rate = (value: unknown, field: string): unknown => {
  if (value === "unlimited") return value
  if (!isRecord(value)) return Duration.perTime(value, field)
  return "per" in value ? { ...value, per: Duration.millis(value["per"], `${field}.per`) } : value
}

const setting = (name: string, value: unknown, field: string): unknown => {
  if (BehaviorCheck.durations.has(name)) return Duration.millis(value, field)
  if (BehaviorCheck.delays.has(name)) return Duration.delay(value, field)
  return name === "rate" ? rate(value, field) : value
}

/** Settings whose durations are texts. Throws `InvalidSetting`. */
export const parse = (value: unknown, field: string): Settings => {
  const plain: unknown = isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, setting(name, one, `${field}.${name}`)]))
    : value
  assertSettings(plain, field)
  return plain
}

const formatDelay = (delay: ServerBehavior["latency"]): string =>
  typeof delay === "number" ? Duration.format(delay) : `${Duration.format(delay.min)}-${Duration.format(delay.max)}`

/** Settings as `parse` takes them, the keys left out. */
export const format = ({ keys, ...behavior }: ServerBehavior): Readonly<Record<string, unknown>> => ({
  ...behavior,
  keys: keys === "any" ? keys : keys.map((key) => ({ ...key, key: "<redacted>" })),
  rate: behavior.rate === "unlimited" ? behavior.rate : { ...behavior.rate, per: Duration.format(behavior.rate.per) },
  latency: formatDelay(behavior.latency),
  replyLatency: formatDelay(behavior.replyLatency),
  listingLag: Duration.format(behavior.listingLag),
  auditLag: Duration.format(behavior.auditLag)
})
