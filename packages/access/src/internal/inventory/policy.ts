import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { InvalidPolicy } from "../policy/mistake.ts"
import type { Source } from "../policy/model.ts"
import { entriesIn } from "../policy/places.ts"
import { pathText } from "../policyText/issues.ts"
import type { Inventory, InventoryProject } from "./model.ts"
import { type Doubt, sentence, strangersTo } from "./strangers.ts"

/** Says what is wrong with a project by a list of all: that it is not there, or is archived. */
const doubtsIn = (projects: ReadonlyArray<InventoryProject>, list: string) => {
  const known = new Map<string, InventoryProject>(projects.map((project) => [project.id, project]))
  const stranger = strangersTo(known.keys(), list)
  return (id: string): Doubt | undefined => {
    const project = known.get(id)
    if (project === undefined) return stranger(id)
    return project.archivedAt === null
      ? undefined
      : { what: `${id}${project.name === null ? "" : ` (${project.name})`} is archived` }
  }
}

/**
 * Fails with each project that policies give access and that is archived or not there, and each owner that is not there,
 * by the organization's projects as they were listed in this run. An entry that has ended is passed over.
 *
 * @category questions
 */
export const checkProjects = (
  sources: ReadonlyArray<Source>,
  projects: ReadonlyArray<InventoryProject>
): Effect.Effect<void, InvalidPolicy> =>
  Effect.gen(function* () {
    const doubt = doubtsIn(projects, "this organization")
    const mistakes = (yield* entriesIn(sources)).flatMap(({ file, isOwner, path, position, project }) => {
      const found = doubt(project)
      if (found === undefined || (isOwner && found.what.endsWith("archived"))) return []
      const todo = found.meant === undefined ? "take it out" : `did you mean ${found.meant}?`
      return [{ file, ...position, path: pathText(path), message: printable(`${found.what}: ${todo}`) }]
    })
    if (Arr.isNonEmptyReadonlyArray(mistakes)) return yield* new InvalidPolicy({ mistakes })
  })

/** A checkpoint of a policy, with the groups resolved. */
interface Wanted {
  readonly checkpoint: string
  readonly owner?: string | undefined
  readonly projects: ReadonlyArray<string>
}

/**
 * What is doubtful of the projects of a policy by an inventory, a sentence each. It was made before: since then there
 * may be new ones.
 *
 * @category questions
 */
export const doubtfulProjects = (wanted: ReadonlyArray<Wanted>, inventory: Inventory): ReadonlyArray<string> => {
  const { list, readAt } = inventory.projects
  const doubt = doubtsIn(list, "the inventory")
  const named = new Set(wanted.flatMap(({ owner, projects }) => [...(owner === undefined ? [] : [owner]), ...projects]))
  return [...named].flatMap((id) => {
    const found = doubt(id)
    return found === undefined
      ? []
      : [sentence({ ...found, what: `${found.what}, as of ${DateTime.formatIsoDateUtc(readAt)}` })]
  })
}

/** The checkpoints of the inventory that stand in no policy. */
export const outsideOf = (wanted: ReadonlyArray<Wanted>, inventory: Inventory): ReadonlyArray<CheckpointId> => {
  const managed = new Set(wanted.map(({ checkpoint }) => checkpoint))
  return inventory.checkpoints.flatMap(({ checkpoint }) => (managed.has(checkpoint) ? [] : [checkpoint]))
}
