/** Checks project ids against a fresh list of the organization's projects, before anything else is read or written. */
import type * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type Failure, incomplete, wrongUse } from "../failure.ts"
import * as Ids from "../input/ids.ts"
import * as Screen from "../terminal/screen.ts"
import type { Connection } from "./server.ts"

/**
 * The commands that grant. An unknown id is an error, and so is a list of projects that temporarily cannot be read.
 */
const granting = ["grant", "plan", "apply"] as const

/** The commands that revoke. An unknown id is an error; without a list of projects they continue. */
const revoking = ["revoke", "offboard"] as const

/** The commands that read. An unknown id is a warning. */
type Reading = "list" | "drift" | "audit" | "history" | "export"

export type Command = (typeof granting)[number] | (typeof revoking)[number] | Reading

const isGranting = (command: Command): boolean => granting.some((one) => one === command)
const isRevoking = (command: Command): boolean => revoking.some((one) => one === command)

/** The listed projects of the organization. */
export interface Checked {
  /** `undefined` if they could not be listed: ids cannot be checked then. */
  readonly projects: Ids.Projects | undefined
  readonly names: Readonly<Record<string, string>>
}

/** Maximum number of pages that are read only for names: half a minute at ten calls a minute. */
const pagesForNames = 5

/**
 * Returns a function that reads names page by page until all of its ids are found, and returns the names read so far.
 * If the list cannot be read, prints a note at the terminal. Ids on unread pages have no names.
 */
export const readNames = Effect.fnUntraced(function* (command: string, connection: Connection) {
  const screen = yield* Screen.Screen
  const { projects } = yield* connection.organizationLists
  const pull = yield* Stream.toPull(projects({ includeArchived: true }))
  /** The names of the projects that were read, by id. */
  const known = new Map<string, string | undefined>()
  let left = pagesForNames
  const more = Effect.matchEffect(pull, {
    onFailure: (end) => {
      left = 0
      return Option.match(end, {
        onNone: () => Effect.void,
        onSome: ({ message }) => screen.note(`${command}: project names unavailable: ${message}`)
      })
    },
    onSuccess: (page) =>
      Effect.sync(() => {
        left -= 1
        for (const project of page) known.set(project.id, Ids.nameOf(project))
      })
  })
  return (ids: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, string | undefined>> =>
    Effect.as(
      Effect.whileLoop({
        while: () => left > 0 && ids.some((id) => !known.has(id)),
        body: () => more,
        step: () => {}
      }),
      known
    )
})

const statusOf = (error: Failure): number | undefined => ("status" in error ? error.status : undefined)

/** Returns true for a 4xx other than 429: the key may not list projects, or the host has no such route. */
const isRefused = (error: Failure): boolean => {
  const status = statusOf(error)
  return status !== undefined && status >= 400 && status < 500 && status !== 429
}

/** The retry policy for the list of projects in `revoke` and `offboard`: they wait at most 10 seconds to check ids. */
const shortRetries = RetryPolicy.make({ schedule: RetryPolicy.standard.schedule, cap: "10 seconds" })

/** Lists the projects until all ids in `until` were found. If that fails, prints the reason why ids are not checked. */
export const listProjects = (command: Command, connection: Connection, until: ReadonlyArray<string> = []) =>
  Effect.flatMap(connection.organizationLists, ({ projects }) => {
    const missing = new Set<string>(until)
    return projects({ includeArchived: true }).pipe(
      Stream.takeUntil(({ id }) => missing.delete(id) && missing.size === 0),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray)
    )
  }).pipe(
    CheckpointPermissions.withOptions(isRevoking(command) ? { retry: shortRetries } : {}),
    Effect.matchEffect({
      onFailure: (error: Failure) => {
        if (isRefused(error) || !isGranting(command)) {
          const warning = Screen.warn(`${command}: project ids not checked: ${error.message}`)
          return Effect.as(warning, { projects: undefined, names: {} } satisfies Checked)
        }
        return statusOf(error) !== undefined
          ? incomplete(`${command}: cannot list projects, nothing was changed: ${error.message}`)
          : Effect.fail(error)
      },
      onSuccess: (projects) => Effect.succeed<Checked>({ projects, names: Ids.namesOf(projects) })
    }),
    Effect.onInterrupt(() => Screen.warn(`checkpoint-permissions: ${command}: interrupted while listing projects`))
  )

/**
 * Checks the ids of a command's arguments, and returns them. At a terminal, the name of exactly one project is replaced
 * by its id, which is printed. An unknown id is an error or a warning, depending on the command. `elsewhere` returns the
 * ids that it finds elsewhere among those that are not listed.
 */
export const checkProjects = Effect.fnUntraced(function* <E extends Failure = never, R = never>(
  command: Command,
  connection: Connection,
  given: ReadonlyArray<ProjectId>,
  elsewhere: (unknown: ReadonlyArray<ProjectId>) => Effect.Effect<Iterable<string>, E, R> = () => Effect.succeed([])
) {
  const screen = yield* Screen.Screen
  const { names, projects } = yield* listProjects(command, connection, given)
  if (projects === undefined) return { ids: given, names, projects }
  const known = new Set<string>(projects.map(({ id }) => id))
  const ids = yield* Effect.forEach(given, (text) => {
    const id = known.has(text) || !screen.canAsk ? undefined : Ids.idOfName(text, projects)
    return id === undefined ? Effect.succeed(text) : Effect.as(screen.warn(`${command}: ${Ids.named(id, names)}`), id)
  })
  const unknown = ids.filter((id) => !known.has(id))
  const shown = new Set(unknown.length === 0 ? [] : yield* elsewhere(unknown))
  const lines = Ids.unknownIn(unknown, projects).flatMap(({ id, line }) =>
    shown.has(id) ? [] : [`${command}: ${line}`]
  )
  if ((isGranting(command) || isRevoking(command)) && lines.length > 0) return yield* wrongUse(...lines)
  yield* Effect.forEach(lines, screen.warn, { discard: true })
  return { ids, names, projects }
})

/**
 * Fails with a line for each id of a policy that is not a project of the organization. Access that has ended is left
 * out. Pass a policy of fewer checkpoints to check only those.
 */
export const checkPolicy = Effect.fnUntraced(function* (
  command: "plan" | "apply",
  connection: Connection,
  policy: AccessPolicy.AccessPolicy,
  sources: ReadonlyArray<AccessPolicy.Source>
) {
  const checked = yield* listProjects(command, connection)
  if (checked.projects === undefined) return checked
  const ids = yield* Ids.activeIds(policy, DateTime.formatIsoDateUtc(yield* connection.time.now))
  const unknown = Ids.unknownIn(ids, checked.projects, yield* Ids.locator(policy, sources, ids))
  if (unknown.length > 0) return yield* wrongUse(...unknown.map(({ line }) => `${command}: ${line}`))
  return checked
})

/** Fails with a line for each archived project that would be granted. Warns about those that already have access. */
export const checkArchived = Effect.fnUntraced(function* (
  command: Command,
  projects: Ids.Projects = [],
  wanted: ReadonlyArray<Ids.Wanted>,
  locate?: Effect.Effect.Success<ReturnType<typeof Ids.locator>>
) {
  const { refused, warnings } = Ids.archivedAmong(wanted, projects, locate)
  yield* Effect.forEach(warnings, (line) => Screen.warn(`${command}: ${line}`), { discard: true })
  if (refused.length > 0) return yield* wrongUse(...refused.map((line) => `${command}: ${line}`))
})

/** Reads the projects if a filter names one. At a terminal, an exact name is replaced by its id. */
export const filterProject = Effect.fnUntraced(function* (
  command: "audit" | "history",
  connection: Connection,
  given: Option.Option<ProjectId>
) {
  const none: ReadonlyArray<string> = []
  if (Option.isNone(given)) return { project: undefined, names: {}, warn: (_: Iterable<string>) => Effect.void }
  // the command may read the project itself, so the warning comes last
  const { ids, names, projects } = yield* checkProjects(command, connection, [given.value], Effect.succeed)
  const [project = given.value] = ids
  return {
    project,
    names,
    /** Prints the warning, unless the command has read this project. */
    warn: (shown: Iterable<string>) => {
      const lines = projects === undefined ? none : Ids.unknownIn([project], projects).map(({ line }) => line)
      const archived = Ids.archivedIn(projects ?? []).has(project) ? [`${Ids.named(project, names)} is archived`] : none
      const all = [...archived, ...(new Set(shown).has(project) ? none : lines)]
      return Effect.forEach(all, (line) => Screen.warn(`${command}: ${line}`), { discard: true })
    }
  }
})
