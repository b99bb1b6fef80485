import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { fileOf } from "./check.ts"
import { dayOf, hasEnded } from "./ends.ts"
import type { Path } from "./issues.ts"
import type { Source } from "./model.ts"
import { read } from "./read.ts"
import type { Position } from "./yaml.ts"

/**
 * Where a policy gives a project access.
 *
 * @category models
 */
export interface Place {
  readonly file: string | undefined
  /** From 1. */
  readonly line: number
  readonly project: string
  /** The checkpoint whose list it is in, or the group. */
  readonly in: string
}

/** A project that a policy names where it gives it access, or as an owner. */
interface Entry {
  readonly file: string | undefined
  readonly position: Position
  readonly path: Path
  readonly project: string
  readonly in: string
  readonly isOwner: boolean
}

/** The projects of policies, each where it stands; what has ended is left out. Texts that are no policy have none. */
export const entriesIn = (sources: ReadonlyArray<Source>): Effect.Effect<ReadonlyArray<Entry>> =>
  Effect.map(DateTime.now, (now) => {
    const files = sources.flatMap(({ file, text }) => {
      const { policy, read: contents } = fileOf(file, read(text.replace(/^\ufeff/, "")))
      return policy === undefined ? [] : [{ file, policy, contents }]
    })
    const used = new Set(
      files.flatMap(({ policy }) => Object.values(policy.checkpoints).flatMap((one) => one.projects.map(String)))
    )
    return files.flatMap(({ contents, file, policy }) => {
      const entry = (path: Path, project: string, where: string, isOwner = false): Entry => {
        return { file, position: contents.locate(path, "value"), path, project, in: where, isOwner }
      }
      const lists = [
        ...Object.entries(policy.groups ?? {}).flatMap(([group, members]) =>
          used.has(`@${group}`) ? [{ path: ["groups", group], entries: members, in: `@${group}` }] : []
        ),
        ...Object.entries(policy.checkpoints).map(([checkpoint, one]) => ({
          path: ["checkpoints", checkpoint, "projects"],
          entries: one.projects,
          in: checkpoint
        }))
      ]
      return [
        ...Object.entries(policy.checkpoints).flatMap(([checkpoint, { owner }]) =>
          owner === undefined ? [] : [entry(["checkpoints", checkpoint, "owner"], owner, checkpoint, true)]
        ),
        ...lists.flatMap(({ entries, in: where, path }) =>
          entries.flatMap((one, index) => {
            if (typeof one === "string") return one.startsWith("@") ? [] : [entry([...path, index], one, where)]
            return hasEnded(one, dayOf(now)) ? [] : [entry([...path, index, "project"], one.project, where)]
          })
        )
      ]
    })
  })

/**
 * Where policies give projects access at present: each line to take out so that no apply grants it again. Texts that
 * are no policy have none.
 *
 * @category meaning
 */
export const places = (
  sources: ReadonlyArray<Source>,
  projects: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Place>> =>
  Effect.map(entriesIn(sources), (entries) =>
    entries.flatMap(({ file, in: where, isOwner, position, project }) =>
      isOwner || !projects.includes(project) ? [] : [{ file, line: position.line, project, in: where }]
    )
  )
