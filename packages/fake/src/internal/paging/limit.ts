import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import * as Envelope from "../api/envelope.ts"
import { integerOf } from "./query.ts"

/** The `limit` of a list if none is given, and its largest. */
export interface Limits {
  readonly byDefault: number
  readonly max: number
}

/** How many items a page may have, by the parameter `limit`. */
export const limitOf = (
  text: string | undefined,
  { byDefault, max }: Limits,
  behavior: ServerBehavior
): number | Reply => {
  if (text === undefined) return byDefault
  const limit = integerOf("limit", text)
  if (typeof limit !== "number") return limit
  if (limit < 1) {
    return behavior.underLimit === "default"
      ? byDefault
      : Envelope.invalidValue(
          "limit",
          `integer below minimum value. Expected a value >= 1, but got ${text} instead.`,
          "integer_below_min_value"
        )
  }
  if (limit <= max) return limit
  return behavior.overLimit === "clamp"
    ? max
    : Envelope.invalidValue(
        "limit",
        `integer above maximum value. Expected a value <= ${max}, but got ${text} instead.`,
        "integer_above_max_value"
      )
}
