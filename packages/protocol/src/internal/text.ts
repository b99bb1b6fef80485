/** Characters that a terminal or a log acts on, hides or breaks a line at. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`
}

/** Untrusted text on one line, without control characters, of at most `max` characters. */
export const oneLine = (text: string, max: number): string => {
  const trimmed = text.trim()
  const line = trimmed
    .slice(0, max * 2)
    .replace(/\s+/g, " ")
    .replace(unprintable, escaped)
  if (line.length <= max && trimmed.length <= max * 2) return line
  // A surrogate pair is cut as a whole.
  return `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`
}

/** An API key that was passed in the wrong place is not repeated. */
const withoutKeys = (text: string): string => text.replace(/\bsk-\S*/g, "sk-…")

/** The name of a property, for a message. */
export const nameOf = (key: PropertyKey): string => oneLine(withoutKeys(String(key)), 80)

const kindOf = (value: unknown): string => {
  if (typeof value === "function") return "a function"
  try {
    return Array.isArray(value) ? "an array" : "an object"
  } catch {
    // A proxy that was revoked.
    return "an object"
  }
}

/** A refused value, for a message: a primitive itself, an object by its kind only. Never throws. */
export const shown = (value: unknown): string => {
  if (typeof value === "string") return oneLine(JSON.stringify(withoutKeys(value)), 80)
  if (typeof value === "object" ? value !== null : typeof value === "function") return kindOf(value)
  return nameOf(String(value))
}
