/** Lines about ids of projects and checkpoints: their names, their places in a policy, and what is wrong with them. */
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as AccessReview from "@checkpoint-permissions/access/AccessReview"
import * as Projects from "@checkpoint-permissions/access/Projects"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isOpenAi } from "@checkpoint-permissions/protocol/options"
import { namedId, pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type CommandError, wrongUse } from "../command/failure.ts"

type Names = Readonly<Record<string, string>>

export const nameIn = (names: Names, id: string): string | undefined =>
  Object.hasOwn(names, id) ? names[id] : undefined

/** Returns `proj_x (Fraud)`, or the id alone if no name is known. */
export const named = (id: string, names: Names = {}): string => namedId(id, nameIn(names, id))

/** The places of a project in a policy: the first as the beginning of a line, and the others as a part of it. */
type Locate = (id: string, planned?: Iterable<string>) => { readonly place: string; readonly more: string }

const noLocation: Locate = () => ({ place: "", more: "" })

const maxPlaces = 5

/**
 * Returns a function that finds the places of a project in a policy. Those of the planned checkpoints, also in their
 * groups, come first.
 */
export const locator = (
  { checkpoints }: AccessPolicy.AccessPolicy,
  sources: ReadonlyArray<AccessPolicy.Source>,
  ids: Iterable<string>
): Effect.Effect<Locate> =>
  Effect.map(AccessPolicy.sourceLocations(sources, [...ids], { owners: true }), (places): Locate => {
    const listsIn = (checkpoint: string) =>
      Object.hasOwn(checkpoints, checkpoint) ? checkpoints[checkpoint] : undefined
    return (id, planned = []) => {
      const lists = new Set<string>([...planned].flatMap((one) => [one, ...(listsIn(one)?.projects.map(String) ?? [])]))
      const all = places.filter(({ project }) => project === id)
      const [first, ...others] = [...all.filter((one) => lists.has(one.in)), ...all.filter((one) => !lists.has(one.in))]
      if (first === undefined) return noLocation(id)
      const lineOf = ({ file = "policy", line }: typeof first) => `${printable(file)}:${line}`
      const more = [
        ...others.slice(0, maxPlaces).map(lineOf),
        ...(others.length > maxPlaces ? [pluralize(others.length - maxPlaces, "more place")] : [])
      ]
      return { place: `${lineOf(first)}: `, more: more.length === 0 ? "" : ` (also ${more.join(", ")})` }
    }
  })

/** Returns the projects that a policy gives access to some checkpoints on a day, and their owners. */
export const activeIds = (
  policy: AccessPolicy.AccessPolicy,
  day: string,
  planned: Iterable<string>
): Either.Either<ReadonlyArray<ProjectId>, AccessPolicy.InvalidPolicy> =>
  Either.map(AccessReview.entries(policy, day), (entries) => {
    const some = new Set<string>(planned)
    const active = entries.flatMap(({ access, checkpoint, owner }) =>
      some.has(checkpoint) ? [...access.keys(), ...(owner === undefined ? [] : [owner])] : []
    )
    return [...new Set(active)]
  })

/** Returns a line for each unknown id, with the most similar project. Each id is reported once. */
export const unknownIn = (
  ids: Iterable<string>,
  projects: Projects.Projects,
  locate = noLocation,
  planned: Iterable<string> = []
): ReadonlyArray<{ readonly id: string; readonly line: string }> => {
  const names = Projects.names(projects)
  return Projects.unknown(projects, ids).map(({ id, nearest }) => {
    const hint = nearest === undefined ? "" : `: did you mean ${named(nearest, names)}?`
    const { more, place } = locate(id, planned)
    return { id, line: `${place}${printableId(id)} is not a project of this organization${more}${hint}` }
  })
}

export interface Wanted {
  readonly checkpoint: string
  readonly kept: Iterable<string>
  readonly steps: ReadonlyArray<AccessPlan.Step>
}

/**
 * Returns a line for each archived project that would be granted, and a warning for each that already has a permission.
 */
export const archivedAmong = (
  wanted: ReadonlyArray<Wanted>,
  projects: Projects.Projects,
  locate = noLocation
): { readonly refused: ReadonlyArray<string>; readonly warnings: ReadonlyArray<string> } => {
  const names = Projects.names(projects)
  const among = (of: (one: Wanted) => Iterable<string>) => {
    const found = new Map<string, Array<string>>()
    for (const one of wanted) {
      for (const id of of(one)) {
        if (Projects.isArchived(projects, id)) found.set(id, [...(found.get(id) ?? []), one.checkpoint])
      }
    }
    return found
  }
  const line = ([id, planned]: readonly [string, ReadonlyArray<string>], todo: string) => {
    const { more, place } = locate(id, planned)
    return `${place}${named(id, names)} is archived${more}: ${todo}`
  }
  const granted = among(({ steps }) => AccessPlan.grantsIn(steps))
  const has = [...among(({ kept }) => kept)].filter(([id]) => !granted.has(id))
  return {
    refused: [...granted].map((one) => line(one, "remove it")),
    warnings: has.map((one) => line(one, "it already has a permission"))
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

/** Returns the warning before the first grant at a checkpoint. `none` is what a listing did not show there. */
export const didYouMean = (checkpoint: string, similar: string, none = "no permission there"): string =>
  `${printableId(checkpoint)}: ${none}: did you mean ${printableId(similar)}?`
