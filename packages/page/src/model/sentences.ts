/** Facts of an audit in sentences. */
import { pluralize, visible } from "@checkpoint-permissions/protocol/text"
import { type Audit, heldOf, type Item, kindOf } from "./audit.ts"
import { day, dayAndMinute, instant, minute } from "./text.ts"

const most = 5

const listed = (ids: ReadonlyArray<string>): string =>
  ids.slice(0, most).map(visible).join(", ") + (ids.length > most ? ", …" : "")

/** Returns true if the checkpoint was never read. Its `readAt` has no meaning then. */
export const isUnread = (audit: Audit, { axis, error, index }: Item): boolean =>
  axis === "checkpoints" && error !== undefined && audit.held[index]?.size === 0

/** Returns the facts of a checkpoint besides its permissions. */
const factsOf = (audit: Audit, { axis, index }: Item) =>
  axis === "checkpoints" ? audit.data.checkpoints[index] : undefined

/** Returns `retires 2027-01-31`, or an empty text if no day is known. */
export const retires = (audit: Audit, item: Item): string => {
  const day = factsOf(audit, item)?.retires
  return day === undefined ? "" : `retires ${visible(day)}`
}

/** Returns `read 14:02 UTC`, for a project the time of the first checkpoint. Empty if nothing was read. */
export const read = (audit: Audit, item: Item): string =>
  isUnread(audit, item) ? "" : `read ${minute(item.readAt, audit.data.createdAt)} UTC`

/** Returns `retires 2027-01-31 · read 14:02 UTC`, without unknown parts. */
export const facts = (audit: Audit, item: Item): string =>
  [retires(audit, item), read(audit, item)].filter((text) => text !== "").join(" · ")

/** A note on owners, which no listing shows. */
const ownersDo = "the owner of the model is not known, and has access without one"

/** Returns the same note for all checkpoints. Empty if every owner is known. */
export const unknownOwners = (audit: Audit): string => {
  const count = audit.checkpoints.filter(({ owner }) => owner === undefined).length
  return count === 0
    ? ""
    : `The owner of ${pluralize(count, "checkpoint")} is not known, and has access without a permission.`
}

/** Returns the reason why a checkpoint is incomplete. */
export const failure = (audit: Audit, item: Item): string => {
  const reason = visible(item.error ?? "")
  if (/^not read\b/.test(reason)) return reason
  return `${isUnread(audit, item) ? "not read" : "not read to the end"}: ${reason}`
}

export const ofCell = (audit: Audit, row: Item, column: Item): string => {
  const checkpoint = row.axis === "checkpoints" ? row : column
  const held = heldOf(audit, row, column)
  const kind = kindOf(audit, row, column)
  if (kind === "owner") return "owns the model and always has access"
  if (kind === "unknown") return `unknown, not the same as no access: ${visible(checkpoint.error ?? "")}`
  if (held === undefined) {
    const lack = checkpoint.owner === undefined ? `no permission; ${ownersDo}` : "no access"
    return `${lack}, ${read(audit, checkpoint)}`
  }
  const permissions = `${pluralize(held.ids.length, "permission")} (${listed(held.ids)})`
  const by = held.by.length === 0 ? "" : `, granted by ${listed(held.by)}`
  return `access since ${instant(held.since)} by ${permissions}${by}, ${read(audit, checkpoint)}`
}

const ofCheckpoint = (audit: Audit, item: Item): string => {
  const owner = item.owner === undefined ? undefined : audit.projects[item.owner]
  return [
    `${item.error === undefined ? "" : "at least "}${pluralize(item.count, "project")} with a permission`,
    ...(owner === undefined ? [] : [`owned by ${visible(owner.id)}`]),
    retires(audit, item),
    isUnread(audit, item) ? "" : `read ${instant(item.readAt)}`,
    item.error === undefined ? "" : failure(audit, item)
  ]
    .filter((part) => part !== "")
    .join(", ")
}

const ofProject = (item: Item): string =>
  `has a permission for ${pluralize(item.count, "checkpoint")}${item.unknown === 0 ? "" : `, and ${item.unknown} more are unknown`}`

export const ofItem = (audit: Audit, item: Item): string =>
  item.axis === "checkpoints" ? ofCheckpoint(audit, item) : ofProject(item)

/** Returns the span in which the checkpoints were read, with days if they differ. */
export const readBetween = (audit: Audit): string => {
  const times = audit.checkpoints.filter((item) => !isUnread(audit, item)).map(({ readAt }) => readAt)
  if (times.length === 0) return ""
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const shown = (time: number): string =>
    day(first) === day(last) ? minute(time, audit.data.createdAt) : dayAndMinute(time)
  const [from, to] = [shown(first), shown(last)]
  return from === to ? `read ${from} UTC` : `read ${from} to ${to} UTC`
}
