import type { RecordedRequest } from "../../http.ts"
import * as Check from "../checks.ts"
import { operations } from "../faults/model.ts"
import * as Duration from "../text/duration.ts"

/** Which of the requests seen are asked for, and how many are waited for, how long. */
interface Asked {
  readonly isWanted: (record: RecordedRequest) => boolean
  readonly count: number
  readonly millis: number
}

/** Longer than any client waits for a reply. */
const maxMillis = 600_000

const check = Check.struct("parameters", {
  optional: {
    operation: Check.oneOf(...operations),
    checkpoint: Check.text,
    status: Check.integer(100, 599),
    matched: Check.oneOf("true", "false"),
    wait: Check.integer(0, 1_000_000),
    timeout: Check.integer(0, maxMillis)
  }
})

const read = (name: string, text: string): unknown => {
  if (name === "timeout") return Duration.millis(text, name)
  return ["status", "wait"].includes(name) && /^\d{1,9}$/.test(text) ? Number(text) : text
}

/** Throws `InvalidSetting`. */
export const asked = (query: ReadonlyArray<readonly [name: string, value: string]>): Asked => {
  const given = Object.fromEntries(query.map(([name, text]) => [name, read(name, text)]))
  const { checkpoint, matched, operation, status, timeout = 5000, wait = 0 } = Check.fieldsOf(check, given, "")
  return {
    isWanted: (record) =>
      (operation === undefined || record.operation === operation) &&
      (checkpoint === undefined || record.checkpoint === checkpoint) &&
      (status === undefined || record.status === status) &&
      (matched === undefined || (record.operation !== undefined) === (matched === "true")),
    count: Number(wait),
    millis: Number(timeout)
  }
}
