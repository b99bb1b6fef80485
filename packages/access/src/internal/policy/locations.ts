import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { fileOfSource } from "./check.ts"
import type { Diagnostic, Source } from "./entry.ts"
import { listsOf, type Path, pathText } from "./issues.ts"
import { dayOf } from "./resolve.ts"

/** The source location of a project's access in a policy. */
export interface SourceLocation {
  readonly file: string | undefined
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly project: string
  /** The name of the checkpoint or group whose list contains the project, or whose owner it is. */
  readonly in: string
}

/**
 * Returns the source locations of projects with current access. If all of them are removed, no apply grants the access
 * again. With `owners`, also those of owners. Invalid texts have none.
 *
 * @category meaning
 */
export const sourceLocations = (
  sources: ReadonlyArray<Source>,
  projects: ReadonlyArray<string>,
  { owners = false }: { readonly owners?: boolean } = {}
): Effect.Effect<ReadonlyArray<SourceLocation>> =>
  Effect.map(DateTime.now, (now) => {
    const files = sources.map(fileOfSource)
    const used = new Set(
      files.flatMap(({ policy }) => Object.values(policy?.checkpoints ?? {}).flatMap((one) => one.projects.map(String)))
    )
    const isOver = (until: unknown) => typeof until === "string" && until < dayOf(now)
    return files.flatMap(({ file, locate, policy, value }) =>
      (policy === undefined ? [] : listsOf(value)).flatMap(({ items, name, part }) => {
        const list = part === "groups" ? `@${name}` : name
        if (part === "groups" && !used.has(list)) return []
        const owner = owners && part === "checkpoints" ? policy?.checkpoints[name]?.owner : undefined
        const path = ["checkpoints", name, "owner"]
        const own =
          owner !== undefined && projects.includes(owner)
            ? [{ file, ...locate(path, "value"), project: owner, in: list }]
            : []
        const listed = items.flatMap(({ hasEnd, path, text: project, until }) =>
          projects.includes(project) && !(hasEnd && isOver(until))
            ? [{ file, ...locate(hasEnd ? [...path, "project"] : path, "value"), project, in: list }]
            : []
        )
        return [...own, ...listed]
      })
    )
  })

/** The owner of a checkpoint in a policy, and its source location. */
export interface StatedOwner extends Pick<SourceLocation, "file" | "line"> {
  readonly checkpoint: string
  readonly owner: string
}

/**
 * Returns the owners that policies name. They are statements of persons. Invalid texts have none.
 *
 * @category meaning
 */
export const statedOwners = (sources: ReadonlyArray<Source>): ReadonlyArray<StatedOwner> =>
  sources
    .map(fileOfSource)
    .flatMap(({ file, locate, policy }) =>
      Object.entries(policy?.checkpoints ?? {}).flatMap(([checkpoint, { owner }]) =>
        owner === undefined
          ? []
          : [{ file, line: locate(["checkpoints", checkpoint, "owner"], "value").line, checkpoint, owner }]
      )
    )

/** A problem of a project in the entry of a checkpoint. */
export interface ProjectProblem {
  readonly checkpoint: string
  readonly project: string
  readonly message: string
}

/**
 * Returns a diagnostic for each source location of a project in the entry of a checkpoint: in its list, in a group of
 * that list, or as owner. Otherwise the location is the entry itself.
 *
 * @category errors
 */
export const diagnosticsOf = (
  sources: ReadonlyArray<Source>,
  problems: ReadonlyArray<ProjectProblem>
): ReadonlyArray<Diagnostic & Pick<ProjectProblem, "checkpoint">> => {
  const files = sources.map(fileOfSource)
  return problems.flatMap(({ checkpoint, message, project }) => {
    const entry: Path = ["checkpoints", checkpoint]
    const lists = files.flatMap((file) => listsOf(file.value).map((list) => ({ file, list })))
    const own = lists.filter(({ list }) => list.part === "checkpoints" && list.name === checkpoint)
    const groups = new Set(own.flatMap(({ list }) => list.items.map(({ text }) => text)))
    const all = [...own, ...lists.filter(({ list }) => list.part === "groups" && groups.has(`@${list.name}`))]
    const listed = all.flatMap(({ file, list }) =>
      list.items.flatMap(({ hasEnd, path, text }) =>
        text === project ? [{ file, path: hasEnd ? [...path, "project"] : path }] : []
      )
    )
    const others = own.map(({ file, list }) => {
      const isOwner = Predicate.hasProperty(list.of, "owner") && list.of.owner === project
      return { file, path: isOwner ? [...entry, "owner"] : entry }
    })
    return (listed.length > 0 ? listed : others).map(({ file, path }) => ({
      checkpoint,
      file: file.file,
      ...file.locate(path, path === entry ? "key" : "value"),
      path: pathText(path),
      message
    }))
  })
}

/** Returns the file of each checkpoint of a policy. Invalid texts have none. */
export const filesIn = (sources: ReadonlyArray<Source>): ReadonlyMap<string, string> =>
  new Map(
    sources
      .map(fileOfSource)
      .flatMap(({ file = "the policy", policy }) =>
        Object.keys(policy?.checkpoints ?? {}).map((checkpoint) => [checkpoint, file] as const)
      )
  )

/**
 * Finds file and line, such as `access/policy.yaml:12`, of a checkpoint or of an end of access there. Invalid texts have
 * none.
 */
export const linesIn = (sources: ReadonlyArray<Source>) => {
  const keyOf = (checkpoint: string, end?: { readonly project: string; readonly until: unknown }): string =>
    JSON.stringify([checkpoint, end?.project, end?.until])
  const lines = new Map<string, string>()
  for (const { file = "policy", locate, value } of sources.map(fileOfSource)) {
    const add = (key: string, path: Path, part: "key" | "value") => lines.set(key, `${file}:${locate(path, part).line}`)
    for (const { items, name, part } of listsOf(value)) {
      if (part === "groups") continue
      add(keyOf(name), ["checkpoints", name], "key")
      for (const { hasEnd, path, text, until } of items) {
        if (hasEnd) add(keyOf(name, { project: text, until }), [...path, "project"], "value")
      }
    }
  }
  return (...entry: Parameters<typeof keyOf>): { readonly at?: string } => {
    const at = lines.get(keyOf(...entry))
    return at === undefined ? {} : { at }
  }
}
