/** Takes the key out of a text that came from elsewhere. */

/** The base64 encoder that browsers, Node.js, Bun and Deno have. */
declare const btoa: (text: string) => string

/**
 * The part of the base64 of any text that depends on the key alone, when the key begins `offset` bytes into a group of
 * three.
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

/** A character as it is, and escaped as in a URL, JSON or HTML. `start` guards the backslashes of a JSON escape. */
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
 * Makes a function that replaces the key in a text by `<redacted>`, in every form in which it may be given back: as it
 * is, escaped for a URL, JSON or HTML, or within base64. The key is visible ASCII.
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

const leftOut = "<left out>"

/** Causes are followed so deep. */
const maxDepth = 8

/** A getter may throw, and a proxy at any question. */
const attempt = <A>(ask: () => A): A | undefined => {
  try {
    return ask()
  } catch {
    return undefined
  }
}

/** A text without the key; another primitive too, unless its text holds the key. */
const redactPrimitive = (value: unknown, redact: (text: string) => string): unknown => {
  const text = String(value)
  const redacted = redact(text)
  return typeof value === "string" || typeof value === "symbol" || redacted !== text ? redacted : value
}

/** What JSON can say. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

const maxJsonDepth = 64

/**
 * What was read from JSON, without the key: in texts, names and numbers. What is nested more than 64 deep is `"<left
 * out>"`.
 */
export const redactJson = (json: unknown, redact: (text: string) => string, depth = 0): Json => {
  if (typeof json === "boolean") return json
  if (typeof json === "string") return redact(json)
  if (typeof json === "number") return redact(String(json)) === String(json) ? json : redact(String(json))
  if (typeof json !== "object" || json === null) return null
  if (depth >= maxJsonDepth) return leftOut
  const inner = (value: unknown): Json => redactJson(value, redact, depth + 1)
  return Array.isArray(json)
    ? json.map(inner)
    : Object.fromEntries(Object.entries(json).map(([name, value]) => [redact(name), inner(value)]))
}

/** `copies` has what was looked through, and `undefined` for what contains the value. */
const copyOf = (
  value: unknown,
  redact: (text: string) => string,
  depth: number,
  copies: Map<unknown, object | undefined>
): unknown => {
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" ? leftOut : redactPrimitive(value, redact)
  }
  if (copies.has(value)) return copies.get(value) ?? leftOut
  if (depth > maxDepth) return leftOut
  copies.set(value, undefined)
  const inner = (part: unknown): unknown => copyOf(part, redact, depth + 1, copies)
  const read = (name: string): unknown => attempt(() => Reflect.get(value, name))
  const parts: Record<string, unknown> = {}
  for (const name of ["name", "message", "stack", "code", "syscall"]) {
    const part = read(name)
    if (typeof part === "string" || typeof part === "number") parts[name] = redactPrimitive(part, redact)
  }
  const errors = read("errors")
  const elements = attempt(() => (Array.isArray(errors) ? Array.from<unknown>(errors) : undefined))
  if (elements !== undefined) parts["errors"] = elements.map(inner)
  const cause = read("cause")
  const options = cause === undefined || cause === null ? {} : { cause: inner(cause) }
  const stack = `${parts["name"]}: ${parts["message"]}`
  const copy = attempt(() => value instanceof Error)
    ? Object.assign(new Error("", options), { stack }, parts)
    : { ...options, ...parts }
  copies.set(value, copy)
  return copy
}

/**
 * What is known of what a transport threw, without the key: a copy of its name, message, stack, `code`, `syscall`,
 * `cause` and `errors`, since any other field may hold it. What is too deep or contains itself is `"<left out>"`.
 */
export const redactCause = (cause: unknown, redact: (text: string) => string): unknown =>
  copyOf(cause, redact, 0, new Map())
