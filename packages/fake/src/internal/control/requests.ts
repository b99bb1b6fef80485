import type { RecordedRequest } from "../../http.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import * as Check from "../checks.ts"
import { operations } from "../faults/model.ts"
import * as Duration from "../text/duration.ts"

/** Which of the requests seen are asked for, and how many are waited for, how long. */
export interface Asked {
  readonly isWanted: (record: RecordedRequest) => boolean
  readonly count: number
  readonly millis: number
}

const known = ["operation", "checkpoint", "status", "matched", "wait", "timeout"]

/** Longer than any client waits for a reply. */
const maxMillis = 600_000

const whole = (text: string | undefined, name: string, min: number, max: number): number | undefined => {
  if (text === undefined) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : text
  Check.assertValid(Check.integer(min, max), value, name)
  return Number(value)
}

/** Throws `InvalidSetting`. */
export const asked = (query: ReadonlyArray<readonly [name: string, value: string]>): Asked => {
  const given = new Map(query)
  for (const name of given.keys()) {
    if (!known.includes(name)) throw new InvalidSetting(name, `no such parameter; expected ${known.join(", ")}`)
  }
  const operation = given.get("operation")
  if (operation !== undefined) Check.assertValid(Check.oneOf(...operations), operation, "operation")
  const matched = given.get("matched")
  if (matched !== undefined) Check.assertValid(Check.oneOf("true", "false"), matched, "matched")
  const checkpoint = given.get("checkpoint")
  const status = whole(given.get("status"), "status", 100, 599)
  const millis = Duration.millis(given.get("timeout") ?? "5s", "timeout")
  Check.assertValid(Check.integer(0, maxMillis), millis, "timeout")
  return {
    isWanted: (record) =>
      (operation === undefined || record.operation === operation) &&
      (checkpoint === undefined || record.checkpoint === checkpoint) &&
      (status === undefined || record.status === status) &&
      (matched === undefined || (record.operation !== undefined) === (matched === "true")),
    count: whole(given.get("wait"), "wait", 0, 1_000_000) ?? 0,
    millis
  }
}
