/** What is known, in sentences. */
import { counted, visible } from "@checkpoint-permissions/protocol/text"
import { type Audit, heldOf, type Item, kindOf } from "./audit.ts"
import { instant, minute } from "./text.ts"

const most = 5

const listed = (ids: ReadonlyArray<string>): string =>
  ids.slice(0, most).map(visible).join(", ") + (ids.length > most ? ", …" : "")

/** `read 14:02 UTC`: of a project, when the first of the checkpoints was. */
export const read = (audit: Audit, { readAt }: Item): string => `read ${minute(readAt, audit.data.createdAt)} UTC`

/** Why a checkpoint is incomplete. */
export const failure = (audit: Audit, { error, index }: Item): string =>
  `${audit.held[index]?.size === 0 ? "not read" : "not read to the end"}: ${visible(error ?? "")}`

export const ofCell = (audit: Audit, row: Item, column: Item): string => {
  const checkpoint = row.axis === "checkpoints" ? row : column
  const held = heldOf(audit, row, column)
  const kind = kindOf(audit, row, column)
  if (kind === "owner") return "owns the model and always has access"
  if (kind === "unknown") return `unknown, not the same as no access: ${visible(checkpoint.error ?? "")}`
  if (held === undefined) return `no access, ${read(audit, checkpoint)}`
  const permissions = `${counted(held.ids.length, "permission")} (${listed(held.ids)})`
  return `access since ${instant(held.since)} by ${permissions}, ${read(audit, checkpoint)}`
}

const ofCheckpoint = (audit: Audit, item: Item): string => {
  const owner = item.owner === undefined ? undefined : audit.projects[item.owner]
  return [
    `${item.error === undefined ? "" : "at least "}${counted(item.count, "project")} with access`,
    ...(owner === undefined ? [] : [`owned by ${visible(owner.id)}`]),
    `read ${instant(item.readAt)}`,
    ...(item.error === undefined ? [] : [failure(audit, item)])
  ].join(", ")
}

const ofProject = (item: Item): string =>
  `can use ${counted(item.count, "checkpoint")}${item.unknown === 0 ? "" : `, and ${item.unknown} more are unknown`}`

export const ofItem = (audit: Audit, item: Item): string =>
  item.axis === "checkpoints" ? ofCheckpoint(audit, item) : ofProject(item)

/** Between when and when the checkpoints were read, and on which days. */
export const readBetween = (audit: Audit): string => {
  const times = audit.checkpoints.map(({ readAt }) => readAt)
  if (times.length === 0) return ""
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const [from, to] = [minute(first, audit.data.createdAt), minute(last, audit.data.createdAt)]
  return from === to ? `read ${from} UTC` : `read ${from} to ${to} UTC`
}
