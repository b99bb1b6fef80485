/** The audit of a page, with counts that are computed once. */
import { visible } from "@checkpoint-permissions/protocol/text"
import type { PageCheckpoint, PageData } from "./data.ts"

export type Axis = "checkpoints" | "projects"

export const across = (axis: Axis): Axis => (axis === "checkpoints" ? "projects" : "checkpoints")

export const nounOf = (axis: Axis): string => (axis === "checkpoints" ? "checkpoint" : "project")

/** A project's access to a checkpoint, as far as it is known. */
export type Kind = "access" | "owner" | "none" | "unknown"

/** The permissions of one project for one checkpoint. */
export interface Held {
  /** The time of the oldest of them. */
  readonly since: number
  readonly ids: ReadonlyArray<string>
  /** The actors of their grants, if known. */
  readonly by: ReadonlyArray<string>
}

/** A checkpoint or a project. */
export interface Item {
  readonly axis: Axis
  /** Its position in the audit. */
  readonly index: number
  readonly id: string
  /** The name of a project. Empty if it has none, and for a checkpoint. */
  readonly name: string
  /** The text for filters: lower case, also with invisible characters escaped. */
  readonly search: string
  /** The number of items on the other axis with access. Owners are not counted. */
  readonly count: number
  /** The times at which the first and the last access began. Infinite if there is none. */
  readonly oldest: number
  readonly newest: number
  /** The number of items on the other axis with unknown access. */
  readonly unknown: number
  /** The time of a checkpoint's read. For a project, that of the first checkpoint. */
  readonly readAt: number
  /** The reason why a checkpoint was not read to the end. */
  readonly error: string | undefined
  /** The position of the project that owns a checkpoint's model. */
  readonly owner: number | undefined
}

export interface Audit {
  readonly data: PageData
  readonly checkpoints: ReadonlyArray<Item>
  readonly projects: ReadonlyArray<Item>
  /** Permissions by checkpoint, then by project. */
  readonly held: ReadonlyArray<ReadonlyMap<number, Held>>
}

const heldBy = (permissions: PageCheckpoint["permissions"]): ReadonlyMap<number, Held> => {
  const held = new Map<number, Held>()
  for (const [project, createdAt, id, who] of permissions) {
    const before = held.get(project)
    held.set(project, {
      since: Math.min(createdAt, before?.since ?? createdAt),
      ids: before === undefined ? [id] : [...before.ids, id],
      by: [...new Set([...(before?.by ?? []), ...(who === undefined ? [] : [who])])]
    })
  }
  return held
}

const searchOf = (...texts: ReadonlyArray<string>): string => {
  const text = texts.join("\n")
  return [text, ...texts.map(visible)].join("\n").toLowerCase()
}

/** Returns counts of the times at which access began. NaN is unknown access, undefined is no access. */
const totals = (times: ReadonlyArray<number | undefined>) => {
  const known = times.flatMap((time) => (time === undefined || Number.isNaN(time) ? [] : time))
  return {
    count: known.length,
    oldest: Math.min(...known),
    newest: Math.max(...known),
    unknown: times.filter(Number.isNaN).length
  }
}

export const make = (data: PageData): Audit => {
  const held = data.checkpoints.map(({ permissions }) => heldBy(permissions))
  const sinceOf = ({ error, owner }: PageCheckpoint, checkpoint: number, project: number): number | undefined =>
    owner === project
      ? undefined
      : (held[checkpoint]?.get(project)?.since ?? (error === undefined ? undefined : Number.NaN))
  const readAt = (checkpoint: PageCheckpoint): number => checkpoint.readAt ?? data.createdAt
  const firstRead = Math.min(data.createdAt, ...data.checkpoints.map(readAt))
  const checkpoints = data.checkpoints.map(
    (checkpoint, index): Item => ({
      axis: "checkpoints",
      index,
      id: checkpoint.id,
      name: "",
      search: searchOf(checkpoint.id),
      ...totals(data.projects.map((_, project) => sinceOf(checkpoint, index, project))),
      readAt: readAt(checkpoint),
      error: checkpoint.error,
      owner: checkpoint.owner
    })
  )
  const projects = data.projects.map(
    ([id, name], index): Item => ({
      axis: "projects",
      index,
      id,
      name,
      search: searchOf(id, name),
      ...totals(data.checkpoints.map((checkpoint, at) => sinceOf(checkpoint, at, index))),
      readAt: firstRead,
      error: undefined,
      owner: undefined
    })
  )
  return { data, checkpoints, projects, held }
}

/** Returns a row and a column, in either order, as checkpoint and project. */
const pairOf = (one: Item, other: Item): readonly [checkpoint: Item, project: Item] =>
  one.axis === "checkpoints" ? [one, other] : [other, one]

export const heldOf = (audit: Audit, one: Item, other: Item): Held | undefined => {
  const [checkpoint, project] = pairOf(one, other)
  return audit.held[checkpoint.index]?.get(project.index)
}

/** Returns the kind of a cell. Only a completely read checkpoint shows that a project has no permission. */
export const kindOf = (audit: Audit, one: Item, other: Item): Kind => {
  const [checkpoint, project] = pairOf(one, other)
  if (checkpoint.owner === project.index) return "owner"
  if (heldOf(audit, checkpoint, project) !== undefined) return "access"
  return checkpoint.error === undefined ? "none" : "unknown"
}

/** Returns the number of permissions whose project has an older one for the same checkpoint. */
export const duplicates = (audit: Audit): number =>
  audit.held.reduce((sum, cells) => [...cells.values()].reduce((sum, { ids }) => sum + ids.length - 1, sum), 0)
