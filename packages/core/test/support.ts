import { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type { Kind } from "@checkpoint-permissions/protocol/failure"
import { Schema } from "effect"

/** JSON text with its keys in order, so that two values are compared field by field, `__proto__` too, as JSON has them. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    return `{${fields.sort().join(",")}}`
  }
  return JSON.stringify(value)
}

const decode = Schema.decodeUnknownSync(PermissionsError)

/** An error of that kind, as it is sent: what others have of their own besides is left out. */
export const errorOf = (tag: Kind, fields: object = {}, own = "own"): PermissionsError =>
  decode({ _tag: tag, operation: "list", field: own, reason: own, scopes: [own, own], received: 3, ...fields })
