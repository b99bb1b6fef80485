import { assertSettings, type ServerBehavior, type Settings } from "../../behavior.ts"
import { timed } from "../behavior.ts"
import { isRecord } from "../checks.ts"
import * as Duration from "./duration.ts"

const rate = (value: unknown, field: string): unknown => {
  if (value === "unlimited") return value
  if (!isRecord(value)) return Duration.perTime(value, field)
  return "requests" in value ? { ...value, per: Duration.millis(value["per"], `${field}.per`) } : value
}

const reads = new Map<string, (value: unknown, field: string) => unknown>([
  ["auditLag", Duration.delay],
  ["auditReach", (value, field) => (value === "unlimited" ? value : Duration.reach(value, field))],
  ["latency", Duration.delay],
  ["listingLag", Duration.millis],
  ["rate", rate],
  ["replyLatency", Duration.delay]
])

/** Reads settings whose durations are texts. Throws `InvalidSetting`. */
export const parse = (value: unknown, field: string): Settings => {
  const plain: unknown = isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, reads.get(name)?.(one, `${field}.${name}`) ?? one])
      )
    : value
  assertSettings(plain, field)
  return plain
}

const formatted = (name: string, value: unknown): unknown => {
  const isTime = timed.some((one) => one === name)
  if (isTime && typeof value === "number") return Duration.format(value)
  if (!isRecord(value)) return value
  const { max, min, per } = value
  if (isTime && typeof min === "number" && typeof max === "number") {
    return `${Duration.format(min)}-${Duration.format(max)}`
  }
  return name === "rate" && typeof per === "number" ? { ...value, per: Duration.format(per) } : value
}

/**
 * Formats every duration of settings as text that `parseSettings` accepts under `behavior`.
 *
 * @category settings
 */
export const formatBehavior = (settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, formatted(name, value)]))

/** Formats a behavior as text that `parse` accepts, without the keys themselves. */
export const shown = (behavior: ServerBehavior): Readonly<Record<string, unknown>> => {
  const { keys } = behavior
  return formatBehavior({
    ...behavior,
    keys: keys === "any" ? keys : keys.map((key) => ({ ...key, key: "<redacted>" }))
  })
}
