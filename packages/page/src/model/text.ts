/** Untrusted text and times for display, and facts of an audit in sentences. */
import { invisible, pluralize, visible } from "@checkpoint-permissions/protocol/text"
import { type Audit, across, cellOf, type Item } from "./audit.ts"

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

const mostListed = 5

const listed = (ids: ReadonlyArray<string>): string =>
  ids.slice(0, mostListed).map(visible).join(", ") + (ids.length > mostListed ? ", …" : "")

/** Returns the number of items on the other axis with access: `3 projects`, `3+ projects` or `? projects`. */
export const countOf = ({ axis, count, unknown }: Item): string => {
  if (unknown === 0) return pluralize(count, across(axis).slice(0, -1))
  return `${atLeast(count, true)} ${across(axis)}`
}

/** Returns a count that may be too low as `3+`. Returns an uncertain zero as `?`. */
export const atLeast = (count: number, more: boolean): string => (!more ? `${count}` : count === 0 ? "?" : `${count}+`)

/** Returns `retires 2027-01-31`, or an empty text if no day is known. */
export const retirement = ({ retires }: Item): string => (retires === undefined ? "" : `retires ${visible(retires)}`)

/** Returns `read 2026-08-01 14:02 UTC`, or an empty text if the checkpoint was not read. */
export const read = ({ isUnread, readAt }: Item): string => (isUnread ? "" : `read ${minute(readAt)} UTC`)

/** Returns a note on checkpoints whose owner is unknown. Empty if every owner is known. */
export const unknownOwners = ({ checkpoints }: Audit): string => {
  const count = checkpoints.filter(({ isOwned }) => !isOwned).length
  return count === 0 ? "" : `${pluralize(count, "checkpoint")}: owner unknown (owners always have access).`
}

/** Returns the reason why a checkpoint is incomplete. Empty if it is complete. */
export const failure = ({ error, isUnread }: Item): string => {
  if (error === undefined) return ""
  const reason = visible(error)
  return /^not read\b/.test(reason) ? reason : `${isUnread ? "not read" : "not read to the end"}: ${reason}`
}

/** Returns the sentence of a cell. `one` and `other` are its row and column. */
export const ofCell = (one: Item, other: Item): string => {
  const checkpoint = one.axis === "checkpoints" ? one : other
  const { by, ids, kind, note, since } = cellOf(one, other)
  const noted = note === "" ? "" : `; ${visible(note)}`
  if (kind === "owner") return `owner of the model, always has access${noted}`
  if (kind === "unknown") return `unknown, not the same as no access: ${visible(checkpoint.error ?? "")}${noted}`
  if (kind === "none") {
    return `${checkpoint.isOwned ? "no access" : "no permission (owner unknown, owners always have access)"}, ${read(checkpoint)}${noted}`
  }
  const actors = by.length === 0 ? "" : `, granted by ${listed(by)}`
  const permissions = `${pluralize(ids.length, "permission")} (${listed(ids)})${actors}`
  return `access since ${instant(since)} by ${permissions}, ${read(checkpoint)}${noted}`
}

/** Returns the span in which the checkpoints were read. Empty if none was read. */
export const readBetween = ({ checkpoints }: Audit): string => {
  const times = checkpoints.flatMap(({ isUnread, readAt }) => (isUnread ? [] : readAt))
  if (times.length === 0) return ""
  const [from, to] = [minute(Math.min(...times)), minute(Math.max(...times))]
  return from === to ? `read ${from} UTC` : `read ${from} to ${to} UTC`
}
