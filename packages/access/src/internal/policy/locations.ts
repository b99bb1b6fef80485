import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { fileOfSource } from "../policyText/check.ts"
import type { Path } from "../policyText/issues.ts"
import { listsOf } from "../policyText/lint.ts"
import { dayOf, hasEnded } from "./ends.ts"
import type { Source } from "./model.ts"

/**
 * The source location of a project's access in a policy.
 *
 * @category models
 */
export interface SourceLocation {
  readonly file: string | undefined
  /** From 1. */
  readonly line: number
  readonly project: string
  /** The checkpoint or the group whose list has the project. */
  readonly in: string
}

/**
 * Returns the source locations of projects with current access. Remove all of them, and no apply grants the access
 * again. Invalid texts have none.
 *
 * @category meaning
 */
export const sourceLocations = (
  sources: ReadonlyArray<Source>,
  projects: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<SourceLocation>> =>
  Effect.map(DateTime.now, (now) => {
    const files = sources.map(fileOfSource)
    const used = new Set(
      files.flatMap(({ policy }) => Object.values(policy?.checkpoints ?? {}).flatMap((one) => one.projects.map(String)))
    )
    const isOver = (until: unknown) => typeof until === "string" && hasEnded({ until }, dayOf(now))
    return files.flatMap(({ file, policy, read }) =>
      (policy === undefined ? [] : listsOf(read.value)).flatMap(({ items, name, part }) => {
        const list = part === "groups" ? `@${name}` : name
        if (part === "groups" && !used.has(list)) return []
        return items.flatMap(({ hasEnd, path, text: project, until }) =>
          projects.includes(project) && !(hasEnd && isOver(until))
            ? [{ file, line: read.locate(hasEnd ? [...path, "project"] : path, "value").line, project, in: list }]
            : []
        )
      })
    )
  })

/** The line of a checkpoint in a policy, or of an end of access there. */
interface EntryLine {
  readonly checkpoint: string
  readonly end?: { readonly project: string; readonly until: unknown }
  /** File and line, such as `access/policy.yaml:12`. */
  readonly at: string
}

/** Returns the line of each checkpoint and of each end of access. Invalid texts have none. */
export const linesIn = (sources: ReadonlyArray<Source>): ReadonlyArray<EntryLine> =>
  sources.flatMap((source) => {
    const { file = "policy", read } = fileOfSource(source)
    const at = (path: Path, part: "key" | "value") => `${file}:${read.locate(path, part).line}`
    return listsOf(read.value).flatMap(({ items, name: checkpoint, part }): ReadonlyArray<EntryLine> => {
      if (part === "groups") return []
      const ends = items.filter(({ hasEnd }) => hasEnd)
      return [
        { checkpoint, at: at(["checkpoints", checkpoint], "key") },
        ...ends.map(({ path, text, until }) => {
          return { checkpoint, end: { project: text, until }, at: at([...path, "project"], "value") }
        })
      ]
    })
  })
