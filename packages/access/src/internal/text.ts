import * as Inspectable from "effect/Inspectable"

/** What a terminal or a log would act on, hide or break a line at: controls, separators, bidi and zero-width marks. */
export const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`
}

/** Text that came from elsewhere, on one line, without control characters, of at most `max` characters. */
export const oneLine = (text: string, max = 300): string => {
  const trimmed = text.trim()
  const line = trimmed
    .slice(0, max * 2)
    .replace(/\s+/g, " ")
    .replace(unprintable, escaped)
  if (line.length <= max && trimmed.length <= max * 2) return line
  // Cutting between the halves of a surrogate pair would leave one of them.
  return `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`
}

/** A value, short enough for a message of one line. */
export const shown = (value: unknown, max = 80): string => {
  try {
    return oneLine(typeof value === "string" ? JSON.stringify(value) : Inspectable.toStringUnknown(value, 0), max)
  } catch {
    return typeof value
  }
}
