/**
 * Takes the key out of a text that came from elsewhere.
 *
 * @since 0.1.0
 */

/** The base64 encoder that browsers, Node.js, Bun and Deno have. */
declare const btoa: (text: string) => string

/**
 * The part of the base64 of any text that depends on the key alone, when the
 * key begins `offset` bytes into a group of three.
 */
const base64At = (key: string, offset: number): string => {
  const whole = btoa("\0".repeat(offset) + key).replace(/=+$/, "")
  const from = Math.ceil((offset * 4) / 3)
  const to = Math.floor(((offset + key.length) * 4) / 3)
  return whole.slice(from, to)
}

const escapeRegExp = (text: string): string => text.replace(/[/\\^$*+?.()|[\]{}-]/g, "\\$&")

const htmlNames = new Map([
  ["&", "|&amp;"],
  ["<", "|&lt;"],
  [">", "|&gt;"],
  ['"', "|&quot;"],
  ["'", "|&apos;"]
])

/**
 * A pattern of a character as it is, and escaped as in a URL (once or more
 * often), JSON or HTML. `start` guards the backslashes of a JSON escape.
 */
const escapedForms = (character: string, start: string): string => {
  const code = character.charCodeAt(0)
  const hex = [...code.toString(16).padStart(2, "0")].map((digit) => `[${digit}${digit.toUpperCase()}]`).join("")
  // The character itself comes last: `%` and `u` also begin escapes.
  return (
    `(?:%(?:25)*${hex}|${start}\\\\+u00${hex}|&#0*${code};|&#[xX]0*${hex};` +
    `${htmlNames.get(character) ?? ""}|${start}\\\\*${escapeRegExp(character)})`
  )
}

/** A run of backslashes is tried from its beginning only, so that a long one takes linear time. */
const runStart = "(?<!\\\\)"

const patternOf = (key: string): RegExp => {
  const base64 = [0, 1, 2].map((offset) => base64At(key, offset)).filter((form) => form.length >= 8)
  const forms = [
    [...key].map((character, index) => escapedForms(character, index === 0 ? runStart : "")).join(""),
    ...[...base64, ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))]
      .sort((a, b) => b.length - a.length)
      .map(escapeRegExp)
  ]
  return new RegExp(forms.join("|"), "g")
}

/**
 * Makes a function that replaces the key in a text by `<redacted>`, in every
 * form in which it may be given back: as it is, escaped for a URL, JSON or
 * HTML, or within base64. The key is visible ASCII.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { redaction } from "@checkpoint-permissions/protocol"
 *
 * const redact = redaction.make("sk-admin-1")
 * assert.equal(redact("no such key: sk-admin-1"), "no such key: <redacted>")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (key: string): ((text: string) => string) => {
  let pattern: RegExp | undefined
  return (text) => {
    // No form is shorter than the key.
    if (text.length < key.length) return text
    pattern ??= patternOf(key)
    return text.replace(pattern, "<redacted>")
  }
}

const property = (value: object, name: string): unknown => (name in value ? Reflect.get(value, name) : undefined)

/**
 * What is known of what a transport threw, without the key: a copy, since any
 * field of an error may hold it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { redaction } from "@checkpoint-permissions/protocol"
 *
 * const cause = new Error("bad header: Bearer sk-admin-1")
 * const redacted = redaction.redactCause(cause, redaction.make("sk-admin-1"))
 * assert.equal(redacted instanceof Error && redacted.message, "bad header: Bearer <redacted>")
 * ```
 *
 * @category redaction
 * @since 0.1.0
 */
export const redactCause = (cause: unknown, redact: (text: string) => string, depth = 0): unknown => {
  if (!(cause instanceof Error) || depth > 8) return typeof cause === "string" ? redact(cause) : cause
  const inner = redactCause(cause.cause, redact, depth + 1)
  const copy = new Error(redact(cause.message), inner === undefined ? {} : { cause: inner })
  copy.name = cause.name
  copy.stack = redact(cause.stack ?? "")
  for (const name of ["code", "syscall"]) {
    const value = property(cause, name)
    if (value !== undefined) Object.assign(copy, { [name]: redactCause(value, redact, depth + 1) })
  }
  const errors = property(cause, "errors")
  if (Array.isArray(errors)) {
    Object.assign(copy, { errors: errors.map((error) => redactCause(error, redact, depth + 1)) })
  }
  return copy
}
