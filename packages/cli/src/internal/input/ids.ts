/** Compares ids of projects and checkpoints with those of the organization. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Project } from "@checkpoint-permissions/core/Organization"
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { isOpenAi } from "@checkpoint-permissions/protocol/options"
import { pluralize, printable, singleLine } from "@checkpoint-permissions/protocol/text"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type CommandError, wrongUse } from "../failure.ts"

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

/** Returns `proj_x (Fraud)`, or the id alone if no name is known. */
export const named = (id: string, names: Readonly<Record<string, string>> = {}): string => {
  const name = AccessPolicy.nameOf({ names }, id)
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
interface Location {
  readonly place: string
  readonly more: string
}

type SourceLocations = Effect.Effect.Success<ReturnType<typeof AccessPolicy.sourceLocations>>

const noLocation: Location = { place: "", more: "" }

/** Returns the first source location of a project in the entries of `policy`, and the number of all. */
const locationOf = (id: string, policy: AccessPolicy.AccessPolicy, places: SourceLocations): Location => {
  const all = places.filter(
    (one) => one.project === id && (one.in.startsWith("@") || Object.hasOwn(policy.checkpoints, one.in))
  )
  const [first] = all
  if (first === undefined) return noLocation
  const file = first.file === undefined ? "" : `${printable(first.file)}:`
  return {
    place: `${file}${first.line}: `,
    more: all.length === 1 ? "" : ` (${pluralize(all.length, "place")})`
  }
}

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
  locate: (id: string) => Location = () => noLocation
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

/** Returns a line for each unknown project id of a policy, with its first source location. */
export const unknownInPolicy = (
  ids: ReadonlyArray<string>,
  policy: AccessPolicy.AccessPolicy,
  places: SourceLocations,
  projects: Projects
): ReadonlyArray<string> => unknownIn(ids, projects, (id) => locationOf(id, policy, places)).map(({ line }) => line)

/** A grant to an archived project, by a plan or a command. */
export interface Archived {
  /** A line for each archived project that would be granted. */
  readonly refused: ReadonlyArray<string>
  /** A line for each archived project that already has a permission. */
  readonly warnings: ReadonlyArray<string>
}

interface Wanted {
  readonly grants: Iterable<string>
  /** Projects of the policy that already have access. */
  readonly unchanged: Iterable<string>
}

/** Returns the lines about archived projects among grants and unchanged projects. */
export const archivedAmong = (
  wanted: ReadonlyArray<Wanted>,
  projects: Projects,
  locate: (id: string) => Location = () => noLocation
): Archived => {
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

/** Returns the lines about archived projects that a plan grants, with the source locations of its policy. */
export const archivedInPlan = (
  plan: { readonly policy: AccessPolicy.AccessPolicy; readonly checkpoints: ReadonlyArray<Wanted> },
  places: SourceLocations,
  projects: Projects
): Archived => archivedAmong(plan.checkpoints, projects, (id) => locationOf(id, plan.policy, places))

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
