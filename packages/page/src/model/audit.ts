/** The audit of a page, with counts that are computed once. */
import { visible } from "@checkpoint-permissions/protocol/text"
import type { PageCheckpoint, PageData } from "./data.ts"

export type Axis = "checkpoints" | "projects"

export const across = (axis: Axis): Axis => (axis === "checkpoints" ? "projects" : "checkpoints")

/** A project's access to a checkpoint. `unknown` if the checkpoint was not read to the end. */
export type Kind = "access" | "owner" | "none" | "unknown"

export interface Cell {
  readonly kind: Kind
  /** The time of the oldest permission. `Infinity` if there is none. */
  readonly since: number
  readonly ids: ReadonlyArray<string>
  /** The actors of their grants, if known. */
  readonly by: ReadonlyArray<string>
  /** A note on the project at the checkpoint. Empty if there is none. */
  readonly note: string
}

export interface Item {
  readonly axis: Axis
  readonly index: number
  readonly id: string
  readonly group?: string | undefined
  /** The name of a project. Empty if it has none, and for a checkpoint. */
  readonly name: string
  /** The text for filters: lower case, including invisible characters in escaped form. */
  readonly search: string
  /** The cells of the items on the other axis, by the positions of these items. */
  readonly cells: ReadonlyArray<Cell>
  /** The number of items on the other axis with access. Owners are not counted. */
  readonly count: number
  /** The times at which the first and the last access began. `Infinity` and `-Infinity` if there is none. */
  readonly oldest: number
  readonly newest: number
  readonly unknown: number
  readonly readAt: number
  readonly error?: string | undefined
  /** True if the checkpoint was never read. Its `readAt` has no meaning then. */
  readonly isUnread: boolean
  /** True if the owner of a checkpoint's model is known. */
  readonly isOwned: boolean
  /** The day on which a checkpoint's model retires, if known. */
  readonly retires?: string | undefined
  /** A note on a checkpoint. */
  readonly note?: string | undefined
}

export interface Audit {
  readonly data: PageData
  readonly checkpoints: ReadonlyArray<Item>
  readonly projects: ReadonlyArray<Item>
}

const without = (kind: Kind): Cell => ({ kind, since: Number.POSITIVE_INFINITY, ids: [], by: [], note: "" })

const owner = without("owner")
const none = without("none")
const unknown = without("unknown")

/** Returns the cells of a checkpoint. Only a completely read checkpoint shows that a project has no permission. */
const cellsOf = (checkpoint: PageCheckpoint, projects: PageData["projects"]): ReadonlyArray<Cell> => {
  const rest = checkpoint.error === undefined ? none : unknown
  const byProject = new Map<number, Array<PageCheckpoint["permissions"][number]>>()
  for (const permission of checkpoint.permissions) {
    byProject.set(permission[0], [...(byProject.get(permission[0]) ?? []), permission])
  }
  const notes = new Map(checkpoint.notes)
  return projects.map((_, index): Cell => {
    const note = notes.get(index) ?? ""
    if (index === checkpoint.owner) return { ...owner, note }
    const permissions = byProject.get(index)
    if (permissions === undefined) return note === "" ? rest : { ...rest, note }
    return {
      note,
      kind: "access",
      since: Math.min(...permissions.map(([, createdAt]) => createdAt)),
      ids: permissions.map(([, , id]) => id),
      by: [...new Set(permissions.flatMap(([, , , by]) => by ?? []))]
    }
  })
}

const itemOf = (
  item: Pick<Item, "axis" | "cells" | "id" | "index" | "name"> & Partial<PageCheckpoint>,
  readAt: number
): Item => {
  const { axis, cells, error, group, id, index, name, note, owner, permissions, retires } = item
  const times = cells.flatMap(({ kind, since }) => (kind === "access" ? since : []))
  const texts = [id, name]
  return {
    axis,
    index,
    id,
    group,
    name,
    search: [...texts, ...texts.map(visible)].join("\n").toLowerCase(),
    cells,
    count: times.length,
    oldest: Math.min(...times),
    newest: Math.max(...times),
    unknown: cells.filter(({ kind }) => kind === "unknown").length,
    readAt,
    error,
    isUnread: error !== undefined && permissions?.length === 0,
    isOwned: owner !== undefined,
    retires,
    note
  }
}

export const make = (data: PageData): Audit => {
  const rows = data.checkpoints.map((checkpoint) => cellsOf(checkpoint, data.projects))
  return {
    data,
    checkpoints: data.checkpoints.map((checkpoint, index) =>
      itemOf(
        { ...checkpoint, axis: "checkpoints", index, name: "", cells: rows[index] ?? [] },
        checkpoint.readAt ?? data.createdAt
      )
    ),
    projects: data.projects.map(([id, name], index) =>
      itemOf({ axis: "projects", index, id, name, cells: rows.map((cells) => cells[index] ?? none) }, data.createdAt)
    )
  }
}

/** Returns the cell of a row and a column, or of a column and a row. */
export const cellOf = (one: Item, other: Item): Cell => one.cells[other.index] ?? unknown
