import { oneLine } from "../text.ts"

/** An API key that was passed in the wrong place is not repeated. */
const withoutKeys = (text: string): string => text.replace(/\bsk-\S*/g, "sk-…")

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
