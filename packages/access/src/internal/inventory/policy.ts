import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type { Inventory } from "./model.ts"

/** A checkpoint of a policy, with the groups resolved. */
interface Wanted {
  readonly checkpoint: string
  readonly owner?: string | undefined
  readonly projects: ReadonlyArray<string>
}

/**
 * What is doubtful of the projects of a policy, a sentence each: those that the inventory does not have, and archived
 * ones. The inventory was made before: since then there may be new ones.
 */
export const doubtfulProjects = (wanted: ReadonlyArray<Wanted>, inventory: Inventory): ReadonlyArray<string> => {
  const { list, readAt } = inventory.projects
  const known = new Map<string, (typeof list)[number]>(list.map((project) => [project.id, project]))
  const asOf = `as of ${DateTime.formatIsoDateUtc(readAt)}`
  const named = new Set(wanted.flatMap(({ owner, projects }) => [...(owner === undefined ? [] : [owner]), ...projects]))
  return [...named].flatMap((id) => {
    const project = known.get(id)
    if (project === undefined) {
      const meant = nearest(id, known.keys())
      return [
        printable(
          `${id} is no project of the inventory, ${asOf}${meant === undefined ? "" : `: did you mean ${meant}?`}`
        )
      ]
    }
    return project.archivedAt === null
      ? []
      : [printable(`${id}${project.name === null ? "" : ` (${project.name})`} is archived, ${asOf}`)]
  })
}

/** The checkpoints of the inventory that stand in no policy. */
export const outsideOf = (wanted: ReadonlyArray<Wanted>, inventory: Inventory): ReadonlyArray<CheckpointId> => {
  const managed = new Set(wanted.map(({ checkpoint }) => checkpoint))
  return inventory.checkpoints.flatMap(({ checkpoint }) => (managed.has(checkpoint) ? [] : [checkpoint]))
}
