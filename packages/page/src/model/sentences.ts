/** Facts of an audit in sentences. */
import { pluralize, visible } from "@checkpoint-permissions/protocol/text"
import { type Audit, across, cellOf, type Item } from "./audit.ts"
import { instant, minute } from "./text.ts"

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

/** Adds the note of a cell to a text. */
export const withNote = (text: string, note: string): string => (note === "" ? text : `${text}, ${visible(note)}`)

/** Returns the sentence of a cell. `one` and `other` are its row and column. */
export const ofCell = (one: Item, other: Item): string => {
  const checkpoint = one.axis === "checkpoints" ? one : other
  const { by, ids, kind, note, since } = cellOf(one, other)
  if (kind === "owner") return withNote("owner of the model, always has access", note)
  if (kind === "unknown") return `unknown, not the same as no access: ${visible(checkpoint.error ?? "")}`
  if (kind === "none") {
    return `${checkpoint.isOwned ? "no access" : "no permission (owner unknown, owners always have access)"}, ${read(checkpoint)}`
  }
  const actors = by.length === 0 ? "" : `, granted by ${listed(by)}`
  const permissions = `${pluralize(ids.length, "permission")} (${listed(ids)})${actors}`
  return `access since ${instant(since)} by ${withNote(permissions, note)}, ${read(checkpoint)}`
}

/** Returns the span in which the checkpoints were read. Empty if none was read. */
export const readBetween = ({ checkpoints }: Audit): string => {
  const times = checkpoints.flatMap(({ isUnread, readAt }) => (isUnread ? [] : readAt))
  if (times.length === 0) return ""
  const [from, to] = [minute(Math.min(...times)), minute(Math.max(...times))]
  return from === to ? `read ${from} UTC` : `read ${from} to ${to} UTC`
}
