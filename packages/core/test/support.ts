import { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import type { Kind } from "@checkpoint-permissions/protocol/failure"
import { FastCheck as fc, Schema } from "effect"

/** Text that someone may send to break a line, a terminal, a log or an object. */
export const hostile: ReadonlyArray<string> = [
  "\u001b[2J\u001b[31mred\u001b[0m",
  "\u001b]0;title\u0007",
  "\u009b31m",
  "one\ntwo\r\nthree\rfour",
  "a\u0085b\u2028c\u2029d\u000be\u000cf",
  "\u0000\u0008\u007f",
  "\u202egpj.exe\u202c \u2066hidden\u2069 \u200b\u200f\u061c",
  "\u00ad\u2060\ufeff\u180e",
  "\u{e0001}\u{e0041}\u{e007f}",
  "\ud800 and \udfff",
  "__proto__",
  "constructor",
  '{"__proto__":{"polluted":true}}',
  "<script>alert(1)</script>",
  "\t \n",
  "x".repeat(100_000),
  "\u001b".repeat(100_000),
  "\n".repeat(100_000),
  "\u{1f600}".repeat(50_000)
]

/** Any text, the hostile one above all. */
export const text = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(fc.oneof(fc.constantFrom(...hostile.filter((part) => part.length < 100)), fc.string({ maxLength: 8 })), {
      maxLength: 6
    })
    .map((parts) => parts.join(""))
)

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
