/** Compares ids of projects and checkpoints with those of the organization. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Project } from "@checkpoint-permissions/core/Organization"
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { isOpenAi } from "@checkpoint-permissions/protocol/options"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type CommandError, wrongUse } from "../failure.ts"
import { singleLine } from "../terminal/columns.ts"

/** The projects of the organization, archived ones included. */
export type Projects = ReadonlyArray<Project>

/** Returns the name of a project. A name equal to the id counts as none. */
export const nameOf = ({ id, name }: Project): string | undefined => (name == null || name === id ? undefined : name)

export const namesOf = (projects: Projects): Readonly<Record<string, string>> =>
  Object.fromEntries(
    projects.flatMap((project) => {
      const name = nameOf(project)
      return name === undefined ? [] : [[project.id, name]]
    })
  )

type Names = Readonly<Record<string, string>>

/** Returns the name of a project, if it is known. */
export const nameIn = (names: Names, id: string): string | undefined =>
  Object.hasOwn(names, id) ? names[id] : undefined

/** Returns `proj_x (Fraud)`, or the id alone if no name is known. */
export const named = (id: string, names: Names = {}): string => {
  const name = nameIn(names, id)
  return name === undefined ? printable(id) : `${printable(id)} (${singleLine(name)})`
}

const isArchived = ({ archived_at, status }: Project): boolean => status === "archived" || archived_at != null

export const archivedIn = (projects: Projects): ReadonlySet<string> =>
  new Set(projects.filter(isArchived).map(({ id }) => id))

/** Returns the id of the project with exactly this name, if only one has it. */
export const idOfName = (text: string, projects: Projects): ProjectId | undefined => {
  const [one, another] = projects.filter(({ name }) => name === text)
  return another === undefined ? one?.id : undefined
}

/** The number of unknown ids that get a suggestion. The comparison is slow, and typing errors are few. */
const maxSuggestions = 100

/** Returns the project that the user probably intended: the nearest id, or the one with the nearest name. */
const suggester = (projects: Projects) => {
  const byName = new Map(Object.entries(namesOf(projects)).map(([id, name]) => [name, id]))
  const ids = projects.map(({ id }) => id)
  return (text: string): string | undefined => nearest(text, ids) ?? byName.get(nearest(text, byName.keys()) ?? "")
}

/** The places of a project in a policy: its first source location, and the number of all. */
type Location = ReturnType<typeof noLocation>

const noLocation = (_: string) => ({ place: "", more: "" })

/** Returns a function that finds the source locations of a project in the entries of `policy`. */
export const locator = (
  policy: AccessPolicy.AccessPolicy,
  sources: ReadonlyArray<AccessPolicy.Source>,
  ids: Iterable<string>
) =>
  Effect.map(AccessPolicy.sourceLocations(sources, [...ids]), (places) => (id: string): Location => {
    const all = places.filter(
      (one) => one.project === id && (one.in.startsWith("@") || Object.hasOwn(policy.checkpoints, one.in))
    )
    const [first] = all
    if (first === undefined) return noLocation(id)
    const file = first.file === undefined ? "" : `${printable(first.file)}:`
    return {
      place: `${file}${first.line}: `,
      more: all.length === 1 ? "" : ` (${pluralize(all.length, "place")})`
    }
  })

/** Returns the projects that a policy gives access on a day, and its owners. */
export const activeIds = (
  policy: AccessPolicy.AccessPolicy,
  day: string
): Either.Either<ReadonlyArray<ProjectId>, AccessPolicy.InvalidPolicy> =>
  Either.map(AccessPolicy.resolve(policy), (resolved) => [
    ...new Set(
      resolved.flatMap(({ ends = [], owner, projects }) => {
        const over = new Set(
          ends.flatMap(({ ignored, project, until }) => (ignored !== true && until < day ? [project] : []))
        )
        return [...projects.filter((project) => !over.has(project)), ...(owner === undefined ? [] : [owner])]
      })
    )
  ])

/** Returns a line for each unknown id, with the most similar project. Each id is reported once. */
export const unknownIn = (
  ids: Iterable<string>,
  projects: Projects,
  locate = noLocation
): ReadonlyArray<{ readonly id: string; readonly line: string }> => {
  const known = new Set<string>(projects.map(({ id }) => id))
  const names = namesOf(projects)
  const suggest = suggester(projects)
  return [...new Set(ids)]
    .filter((id) => !known.has(id))
    .map((id, at) => {
      const other = idOfName(id, projects) ?? (at < maxSuggestions ? suggest(id) : undefined)
      const hint = other === undefined ? "" : `: did you mean ${named(other, names)}?`
      const { more, place } = locate(id)
      return { id, line: `${place}${printable(id)} is not a project of this organization${more}${hint}` }
    })
}

export interface Wanted {
  readonly grants: Iterable<string>
  /** Projects of the policy that already have access. */
  readonly unchanged: Iterable<string>
}

/**
 * Returns a line for each archived project that would be granted, and a warning for each that already has a permission.
 */
export const archivedAmong = (
  wanted: ReadonlyArray<Wanted>,
  projects: Projects,
  locate = noLocation
): { readonly refused: ReadonlyArray<string>; readonly warnings: ReadonlyArray<string> } => {
  const archived = archivedIn(projects)
  const names = namesOf(projects)
  const among = (ids: Iterable<string>) => [...new Set(ids)].filter((id) => archived.has(id))
  const line = (id: string, todo: string) => {
    const { more, place } = locate(id)
    return `${place}${named(id, names)} is archived${more}: ${todo}`
  }
  const granted = among(wanted.flatMap(({ grants }) => [...grants]))
  const has = among(wanted.flatMap(({ unchanged }) => [...unchanged])).filter((id) => !granted.includes(id))
  return {
    refused: granted.map((id) => line(id, "remove it")),
    warnings: has.map((id) => line(id, "it already has a permission"))
  }
}

/**
 * Refuses names that cannot be fine-tuned checkpoints of OpenAI: those contain `ft:` or begin with `ft-`. At other
 * hosts, the form of names is not known.
 */
export const checkForm = (checkpoints: ReadonlyArray<string>, apiUrl: string): Either.Either<void, CommandError> => {
  const wrong = isOpenAi(apiUrl) ? checkpoints.filter((id) => !/ft:|^ft-/.test(id)) : []
  return wrong.length === 0
    ? Either.void
    : Either.left(
        wrongUse(
          ...wrong.map((id) => `${printable(JSON.stringify(id))} is not a fine-tuned model: pass an id such as ft:…`)
        )
      )
}
