import * as Duration from "effect/Duration"

/** What a terminal would act on, hide or break a line at: controls, separators, bidi and zero-width marks. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`
}

/** Text that came from elsewhere, as a terminal may have it: what would act on it is spelt out. */
export const visible = (text: string): string => text.replace(unprintable, escaped)

/** The same on one line, white space collapsed. */
export const oneLine = (text: string): string => visible(text.trim().replace(/\s+/g, " "))

const escapedForJson = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")

/** One line of JSON that a terminal may have too: it reads back as the same value. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value).replace(unprintable, escapedForJson)}\n`

/** How many columns a text takes, all characters counted as one. */
export const width = (text: string): number => [...text].length

export const padded = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

export const paddedLeft = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - width(text))) + text

export const cut = (text: string, columns: number): string =>
  width(text) <= columns ? text : `${[...text].slice(0, Math.max(0, columns - 1)).join("")}…`

/** Lines of no more than so many columns, broken between words. */
export const wrapped = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && width(last) + 1 + width(word) <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** `3 pages`, `1 page`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** Takes the colours out again. */
export const withoutColors = (text: string): string => text.replace(/\p{Cc}\[[0-9;]*m/gu, "")

/** A time for people: `0.5 s`, `2 s`, `1m 5s`. */
export const time = (duration: Duration.Duration): string => {
  const seconds = Duration.toSeconds(duration)
  return seconds < 59.95 ? `${Number(seconds.toFixed(1))} s` : Duration.format(Duration.seconds(Math.round(seconds)))
}
