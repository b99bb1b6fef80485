/** The audit that a page holds, with what is counted once. */
import { visible } from "@checkpoint-permissions/protocol/text"
import type { PageData } from "./data.ts"

export type Axis = "checkpoints" | "projects"

export const across = (axis: Axis): Axis => (axis === "checkpoints" ? "projects" : "checkpoints")

export const nounOf = (axis: Axis): string => (axis === "checkpoints" ? "checkpoint" : "project")

/** What is known of a project's access to a checkpoint. */
export type Kind = "access" | "owner" | "none" | "unknown"

/** The permissions of one project for one checkpoint. */
export interface Held {
  /** When the oldest of them was made. */
  readonly since: number
  readonly ids: ReadonlyArray<string>
  /** Who granted them, where it is known. */
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
  /** What a text filter looks at: lower case, also with what cannot be seen spelt out. */
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
  /** Why a checkpoint was not read to the end. */
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

const heldBy = (permissions: PageData["checkpoints"][number]["permissions"]): ReadonlyMap<number, Held> => {
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

interface Totals {
  count: number
  oldest: number
  newest: number
  unknown: number
}

const totals = (): Totals => ({ count: 0, oldest: Infinity, newest: -Infinity, unknown: 0 })

const add = (to: Totals, since: number): void => {
  to.count += 1
  to.oldest = Math.min(to.oldest, since)
  to.newest = Math.max(to.newest, since)
}

export const make = (data: PageData): Audit => {
  const held = data.checkpoints.map(({ permissions }) => heldBy(permissions))
  const ofProjects = data.projects.map(totals)
  const readAt = data.checkpoints.map((checkpoint) => checkpoint.readAt ?? data.createdAt)
  const checkpoints = data.checkpoints.map(({ error, id, owner }, index): Item => {
    const own = totals()
    const cells = held[index]
    for (const [project, total] of ofProjects.entries()) {
      if (project === owner) continue
      const cell = cells?.get(project)
      if (cell !== undefined) {
        add(own, cell.since)
        add(total, cell.since)
      } else if (error !== undefined) {
        own.unknown += 1
        total.unknown += 1
      }
    }
    const read = readAt[index] ?? data.createdAt
    return { axis: "checkpoints", index, id, name: "", search: searchOf(id), ...own, readAt: read, error, owner }
  })
  const firstRead = Math.min(data.createdAt, ...readAt)
  const projects = data.projects.map(
    ([id, name], index): Item => ({
      axis: "projects",
      index,
      id,
      name,
      search: searchOf(id, name),
      ...(ofProjects[index] ?? totals()),
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
