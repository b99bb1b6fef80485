/** The audit that a page holds, with what is counted once. */
import { visible } from "@checkpoint-permissions/protocol/text"
import type { PageCheckpoint, PageData } from "./data.ts"

export type Axis = "checkpoints" | "projects"

export const across = (axis: Axis): Axis => (axis === "checkpoints" ? "projects" : "checkpoints")

export const nounOf = (axis: Axis): string => (axis === "checkpoints" ? "checkpoint" : "project")

/** A project's access to a checkpoint, as far as it is known. */
export type Kind = "access" | "owner" | "none" | "unknown"

/** The permissions of one project for one checkpoint. */
export interface Held {
  /** When the oldest of them was made. */
  readonly since: number
  readonly ids: ReadonlyArray<string>
  /** The actors that granted them, where they are known. */
  readonly by: ReadonlyArray<string>
}

/** A checkpoint or a project. */
export interface Item {
  readonly axis: Axis
  /** Its place in the audit. */
  readonly index: number
  readonly id: string
  /** The name of a project, or nothing. */
  readonly name: string
  /** The text that a filter searches: lower case, also with invisible characters spelt out. */
  readonly search: string
  /** With how many of the other axis there is access. Owners are not counted. */
  readonly count: number
  /** When the first and the last access began: infinite if there is none. */
  readonly oldest: number
  readonly newest: number
  /** How many of the other axis are unknown. */
  readonly unknown: number
  /** When a checkpoint was read; of a project, when the first of all checkpoints was. */
  readonly readAt: number
  /** The reason why a checkpoint was not read to the end. */
  readonly error: string | undefined
  /** The place of the project that owns a checkpoint's model. */
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

/** Counts of the times at which access began: not a number where it is unknown, nothing where there is none. */
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

/** A row and a column, or the other way round, as checkpoint and project. */
const pairOf = (one: Item, other: Item): readonly [checkpoint: Item, project: Item] =>
  one.axis === "checkpoints" ? [one, other] : [other, one]

export const heldOf = (audit: Audit, one: Item, other: Item): Held | undefined => {
  const [checkpoint, project] = pairOf(one, other)
  return audit.held[checkpoint.index]?.get(project.index)
}

/** Only a checkpoint that was read to the end can say that a project has no permission. An owner has access without. */
export const kindOf = (audit: Audit, one: Item, other: Item): Kind => {
  const [checkpoint, project] = pairOf(one, other)
  if (checkpoint.owner === project.index) return "owner"
  if (heldOf(audit, checkpoint, project) !== undefined) return "access"
  return checkpoint.error === undefined ? "none" : "unknown"
}

/** Permissions of projects that have an older one for the same checkpoint. */
export const duplicates = (audit: Audit): number =>
  audit.held.reduce((sum, cells) => [...cells.values()].reduce((sum, { ids }) => sum + ids.length - 1, sum), 0)
