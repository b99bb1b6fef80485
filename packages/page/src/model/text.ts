/** Untrusted text and times for display. */
import { invisible, visible } from "@checkpoint-permissions/protocol/text"

/** A part of an untrusted text: unchanged, escaped, or non-ASCII characters of an id. */
export interface Part {
  readonly kind: "plain" | "escaped" | "foreign"
  readonly text: string
}

const foreign = /[^\0-\x7f]+/gu

const inName = new RegExp(`((?:${invisible.source})+)`, "gu")
const inId = new RegExp(`((?:${invisible.source})+|[^\\0-\\x7f])`, "gu")

/**
 * Returns the parts of a text. Non-ASCII characters in an id are marked: the API issues ASCII ids, and another letter
 * may look like an ASCII one.
 */
export const partsOf = (text: string, isId: boolean): ReadonlyArray<Part> =>
  text
    .split(isId ? inId : inName)
    .map((part, at): Part => {
      if (at % 2 === 0) return { kind: "plain", text: part }
      const escaped = visible(part)
      return { kind: escaped === part ? "foreign" : "escaped", text: escaped }
    })
    .filter(({ text }) => text !== "")

/** Returns the non-ASCII characters of an id, each once, as `U+043E, U+0435`. */
export const codePoints = (id: string): string =>
  [...new Set(id.match(foreign)?.join(""))]
    .map((character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`)
    .join(", ")

/** Returns a time in Unix seconds as `2024-07-23 20:01:07 UTC`. */
export const instant = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`

/** Returns a time in Unix seconds as `2024-07-23 20:01`, in UTC. */
export const minute = (seconds: number): string => instant(seconds).slice(0, 16)

/** Returns the day of a time in Unix seconds as `2024-07-23`, or a dash if it is not finite. */
export const day = (seconds: number): string => (Number.isFinite(seconds) ? instant(seconds).slice(0, 10) : "–")
