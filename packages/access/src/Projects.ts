/**
 * The projects of an organization as a value: their names, the archived ones, and the check of ids. Only a list that was
 * read to its end shows that an id is unknown.
 */
import type { ListingError, Service as Organization } from "@checkpoint-permissions/client/Organization"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Project } from "@checkpoint-permissions/core/Organization"
import * as similar from "@checkpoint-permissions/protocol/nearest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** The projects that were read, archived ones included. */
export interface Projects {
  /** In the order of the list. */
  readonly byId: ReadonlyMap<string, Project>
  /** True if the list was read to its end. Only then is an id that it lacks unknown. */
  readonly isComplete: boolean
  /** The reason why the list could not be read to its end. */
  readonly failure?: string | undefined
  /** The error of the page that could not be read. */
  readonly error?: ListingError | undefined
}

/**
 * Makes the value from a list of projects. Default: a complete list.
 *
 * @category constructors
 */
export const make = (
  projects: Iterable<Project>,
  { isComplete = true, ...end }: Partial<Pick<Projects, "error" | "failure" | "isComplete">> = {}
): Projects => ({ byId: new Map([...projects].map((project) => [project.id, project])), isComplete, ...end })

/**
 * Makes a reader of an organization's projects, which reads the list as far as needed, at most once. It is valid as long
 * as the scope is open. `read` returns the projects after a read of further pages, until all of these ids are found,
 * `pages` were read in all, or the list ends. Without ids it reads to the end. A page that cannot be read is not a
 * failure: see `failure`.
 *
 * @category constructors
 */
export const reader = (
  organization: Organization
): Effect.Effect<
  { readonly read: (ids?: ReadonlyArray<string>, pages?: number) => Effect.Effect<Projects> },
  never,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const pull = yield* Stream.toPull(organization.projects({ includeArchived: true }))
    const oneByOne = yield* Effect.makeSemaphore(1)
    const found = new Map<string, Project>()
    let count = 0
    let isEnded = false
    let end: Pick<Projects, "error" | "failure" | "isComplete"> = { isComplete: false }
    const more = Effect.matchEffect(pull, {
      onFailure: (cause) =>
        Effect.sync(() => {
          isEnded = true
          end = Option.match(cause, {
            onNone: () => ({ isComplete: true }),
            onSome: (error) => ({ isComplete: false, failure: error.message, error })
          })
        }),
      onSuccess: (page) =>
        Effect.sync(() => {
          count += 1
          for (const project of page) found.set(project.id, project)
        })
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          isEnded = true
          end = { isComplete: false, failure: "stopped" }
        })
      )
    )
    return {
      read: (ids, pages = Number.POSITIVE_INFINITY) =>
        Effect.whileLoop({
          while: () => !isEnded && count < pages && (ids === undefined || ids.some((id) => !found.has(id))),
          body: () => more,
          step: () => {}
        }).pipe(
          Effect.map(() => make(found.values(), end)),
          oneByOne.withPermits(1)
        )
    }
  })

/**
 * Reads all projects of an organization. A page that cannot be read is not a failure: see `failure`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Projects } from "@checkpoint-permissions/access"
 * import { Organization } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const projects = await Organization.make({ adminKey: Redacted.make("sk-admin-test") }).pipe(
 *   Effect.flatMap(Projects.read),
 *   Effect.provide(FakePermissions.layer({ organization: { projects: [{ id: "proj_search", name: "Search" }] } })),
 *   Effect.runPromise
 * )
 * assert.equal(Projects.nameOf(projects, "proj_search"), "Search")
 * assert.deepEqual(Projects.unknown(projects, ["proj_serch"]), [{ id: "proj_serch", nearest: "proj_search" }])
 * ```
 *
 * @category operations
 */
export const read = (organization: Organization): Effect.Effect<Projects> =>
  Effect.scoped(Effect.flatMap(reader(organization), (one) => one.read()))

/**
 * Returns the name of a project, if it was read and has one. A name equal to the id counts as none.
 *
 * @category questions
 */
export const nameOf = ({ byId }: Projects, id: string): string | undefined => {
  const name = byId.get(id)?.name
  return name == null || name === id || name.trim() === "" ? undefined : name
}

/**
 * Returns the names of the projects that have one, by their ids.
 *
 * @category questions
 */
export const names = (projects: Projects): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...projects.byId.keys()].flatMap((id) => {
      const name = nameOf(projects, id)
      return name === undefined ? [] : [[id, name]]
    })
  )

/**
 * Returns true if a project was read and is archived.
 *
 * @category questions
 */
export const isArchived = ({ byId }: Projects, id: string): boolean => {
  const project = byId.get(id)
  return project !== undefined && (project.status === "archived" || project.archived_at != null)
}

/**
 * Returns true if no project of the organization has this id. Returns false while the list was not read to its end.
 *
 * @category questions
 */
export const isUnknown = ({ byId, isComplete }: Projects, id: string): boolean => isComplete && !byId.has(id)

/**
 * Returns the id of the project with exactly this name, if only one has it.
 *
 * @category questions
 */
export const withName = ({ byId }: Projects, text: string): ProjectId | undefined => {
  const [one, another] = [...byId.values()].filter(({ name }) => name === text)
  return another === undefined ? one?.id : undefined
}

/** The number of unknown ids that get a suggestion. The comparison is slow, and typing errors are few. */
const maxSuggestions = 100

/**
 * Returns each unknown id once, with the project that was probably intended: that with this name, with the nearest id,
 * or with the nearest name.
 *
 * @category questions
 */
export const unknown = (
  projects: Projects,
  ids: Iterable<string>
): ReadonlyArray<{ readonly id: string; readonly nearest?: string }> => {
  const idByName = new Map(Object.entries(names(projects)).map(([id, name]) => [name, id]))
  const suggest = (text: string): string | undefined =>
    similar.nearest(text, projects.byId.keys()) ?? idByName.get(similar.nearest(text, idByName.keys()) ?? "")
  return [...new Set(ids)]
    .filter((id) => isUnknown(projects, id))
    .map((id, at) => {
      const nearest = withName(projects, id) ?? (at < maxSuggestions ? suggest(id) : undefined)
      return nearest === undefined ? { id } : { id, nearest }
    })
}
