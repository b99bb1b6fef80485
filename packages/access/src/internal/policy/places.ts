import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { fileOf } from "./check.ts"
import { dayOf, hasEnded } from "./ends.ts"
import type { Source } from "./model.ts"
import { read } from "./read.ts"

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
  Effect.map(DateTime.now, (now) => {
    const wanted = new Set(projects)
    const files = sources.flatMap(({ file, text }) => {
      const { policy, read: contents } = fileOf(file, read(text.replace(/^\ufeff/, "")))
      return policy === undefined ? [] : [{ file, policy, contents }]
    })
    const used = new Set(
      files.flatMap(({ policy }) => Object.values(policy.checkpoints).flatMap((one) => one.projects.map(String)))
    )
    return files.flatMap(({ contents, file, policy }) => {
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
      return lists.flatMap(({ entries, in: where, path }) =>
        entries.flatMap((entry, index) => {
          const project = typeof entry === "string" ? entry : entry.project
          if (!wanted.has(project) || (typeof entry !== "string" && hasEnded(entry, dayOf(now)))) return []
          return [{ file, line: contents.locate([...path, index], "value").line, project, in: where }]
        })
      )
    })
  })
