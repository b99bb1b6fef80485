/** Untrusted text, times and counts for display. */
import { invisible, visible } from "@checkpoint-permissions/protocol/text"

/** A part of an untrusted text: unchanged, escaped, or outside ASCII in an id. */
export interface Part {
  readonly kind: "plain" | "escaped" | "foreign"
  readonly text: string
}

const foreign = /[^\0-\x7f]+/g

const split = (
  text: string,
  pattern: RegExp,
  found: (match: string) => Part,
  others: (text: string) => ReadonlyArray<Part>
): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) parts.push(...others(text.slice(from, match.index)))
    parts.push(found(match[0]))
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push(...others(text.slice(from)))
  return parts
}

const plain = (text: string): ReadonlyArray<Part> => [{ kind: "plain", text }]

/** Returns the parts of a name or a message. */
export const textParts = (text: string): ReadonlyArray<Part> =>
  split(text, invisible, (match) => ({ kind: "escaped", text: visible(match) }), plain)

/** Returns the parts of an id. The API issues ASCII ids: another letter may look like an ASCII one. */
export const idParts = (id: string): ReadonlyArray<Part> =>
  textParts(id).flatMap((part) =>
    part.kind === "plain" ? split(part.text, foreign, (text) => ({ kind: "foreign", text }), plain) : [part]
  )

/** Returns the non-ASCII characters of an id as `U+043E, U+0435`, each once, at most `most` (default 5). */
export const codePoints = (id: string, most = 5): string => {
  const all = [...new Set(id.match(foreign)?.join("") ?? "")].map(
    (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`
  )
  return all.slice(0, most).join(", ") + (all.length > most ? ", …" : "")
}

/** Returns a count that may be higher, as `3+`. An uncertain zero is `?`. */
export const atLeast = (count: number, more: boolean): string => (!more ? `${count}` : count === 0 ? "?" : `${count}+`)

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** Returns a time in Unix seconds as `2024-07-23 20:01:07 UTC`. */
export const instant = (seconds: number): string => `${iso(seconds).slice(0, 19).replace("T", " ")} UTC`

/** Returns a time in Unix seconds as `2024-07-23 20:01`, in UTC. */
export const dayAndMinute = (seconds: number): string => instant(seconds).slice(0, 16)

/** Returns the day of a time in Unix seconds as `2024-07-23`, or a dash if it is not finite. */
export const day = (seconds: number): string => (Number.isFinite(seconds) ? iso(seconds).slice(0, 10) : "–")

/** Returns a time in Unix seconds as `14:02`, with its day if that differs from the day of `beside`. */
export const minute = (seconds: number, beside: number): string =>
  (day(seconds) === day(beside) ? "" : `${day(seconds)} `) + iso(seconds).slice(11, 16)
