import * as Inspectable from "effect/Inspectable"

/** What a terminal or a log would act on or break a line at: controls, line separators, bidi and zero-width marks. */
const unprintable = /[\p{Cc}\p{Cs}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Text that came from elsewhere, on one line, without control characters, of at most `max` characters. */
export const oneLine = (text: string, max = 300): string => {
  const line = text.slice(0, max * 2).replace(/\s+/g, " ").trim().replace(unprintable, escaped)
  return line.length > max ? `${line.slice(0, max - 1)}…` : line
}

/** A refused value, short enough for a message of one line. */
export const shown = (value: unknown): string =>
  oneLine(typeof value === "string" ? JSON.stringify(value) : Inspectable.toStringUnknown(value, 0), 80)
