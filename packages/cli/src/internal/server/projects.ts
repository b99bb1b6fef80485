/** Checks project ids against a fresh list of the organization's projects, before anything else is read or written. */
import type * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Projects from "@checkpoint-permissions/access/Projects"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { type Failure, incomplete, wrongUse } from "../command/failure.ts"
import * as Ids from "../input/ids.ts"
import * as Screen from "../terminal/screen.ts"
import type { Connection } from "./server.ts"

/**
 * The commands that grant. An unknown id is an error, and so is a list of projects that temporarily cannot be read.
 */
const granting = ["grant", "plan", "apply"] as const

/** The commands that revoke. An unknown id is an error; without a list of projects they continue. */
const revoking = ["revoke", "offboard"] as const

/** The commands that read. They continue without a list of projects. */
type Reading = "list" | "drift" | "audit" | "discover" | "history" | "export" | "review"

export type Command = (typeof granting)[number] | (typeof revoking)[number] | Reading

const isGranting = (command: Command): boolean => granting.some((one) => one === command)
const isRevoking = (command: Command): boolean => revoking.some((one) => one === command)

/** Maximum number of pages that are read only for names: half a minute at ten calls a minute. */
const pagesForNames = 5

/**
 * Returns a function that reads names page by page until all of its ids are found, and returns the projects read so far.
 * If the list cannot be read, prints a note at the terminal. Ids on unread pages have no names.
 */
export const readNames = Effect.fnUntraced(function* (command: string, connection: Connection) {
  const isNoted = yield* Ref.make(false)
  return (ids: ReadonlyArray<string>) =>
    Effect.tap(connection.projects(ids, pagesForNames), ({ failure }) =>
      failure === undefined
        ? Effect.void
        : Effect.flatMap(Ref.getAndSet(isNoted, true), (before) =>
            before ? Effect.void : Screen.note(`${command}: project names unavailable: ${failure}`)
          )
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

export const unchecked = (command: string, failure: string): string =>
  `${command}: project ids not checked: ${printable(failure)}`

/**
 * The commands that end if the key may not read the audit log. They print the line about unchecked ids after its first
 * page, so that a key without access to both has its reason printed once.
 */
const endedByLog: ReadonlyArray<Command> = ["audit", "discover", "history", "offboard"]

/** Prints the line about unchecked ids, if there is one, once in a run. */
export const reportUnchecked = ({ unchecked }: Connection, { warn }: Screen.Service) =>
  Effect.flatMap(
    Ref.modify(unchecked, (line) => [line, line && ""]),
    (line) => (line ? warn(line) : Effect.void)
  )

const reportInterruption = (command: Command) =>
  Effect.onInterrupt(() => Screen.warn(`checkpoint-permissions: ${command}: interrupted while listing projects`))

/**
 * Lists the projects until all ids in `until` were found. If that fails, the reason why ids are not checked is printed
 * once in a run.
 */
export const listProjects = (command: Command, connection: Connection, until?: ReadonlyArray<string>) =>
  connection.projects(until).pipe(
    CheckpointPermissions.withOptions(isRevoking(command) ? { retry: shortRetries } : {}),
    Effect.tap(({ error, failure }) => {
      if (failure === undefined) return Effect.void
      if (error === undefined || isRefused(error) || !isGranting(command)) {
        return Ref.update(connection.unchecked, (line) => line ?? unchecked(command, failure)).pipe(
          Effect.zipRight(
            endedByLog.includes(command)
              ? Effect.void
              : Effect.flatMap(Screen.Screen, (screen) => reportUnchecked(connection, screen))
          )
        )
      }
      return statusOf(error) !== undefined
        ? incomplete(`${command}: cannot list projects, nothing was changed: ${failure}`)
        : Effect.fail(error)
    }),
    reportInterruption(command)
  )

/** Asks for the time of the server, as `Connection.askTime` does. Prints a line if it is interrupted. */
export const askTime = (command: Command, connection: Connection) => reportInterruption(command)(connection.askTime)

/**
 * Checks the ids of a command's arguments, and returns them. At a terminal, the name of exactly one project is replaced
 * by its id, which is printed. An unknown id is an error, and a warning in `offboard`. `elsewhere` returns the ids that it
 * finds elsewhere among those that are not listed.
 */
export const checkProjects = Effect.fnUntraced(function* <E extends Failure = never, R = never>(
  command: Command,
  connection: Connection,
  given: ReadonlyArray<ProjectId>,
  elsewhere: (unknown: ReadonlyArray<ProjectId>) => Effect.Effect<Iterable<string>, E, R> = () => Effect.succeed([])
) {
  const screen = yield* Screen.Screen
  const projects = yield* listProjects(command, connection, given)
  const names = Projects.names(projects)
  const ids = yield* Effect.forEach(given, (text) => {
    const id = Projects.isUnknown(projects, text) && screen.canAsk ? Projects.withName(projects, text) : undefined
    return id === undefined ? Effect.succeed(text) : Effect.as(screen.warn(`${command}: ${Ids.named(id, names)}`), id)
  })
  const unknown = ids.filter((id) => Projects.isUnknown(projects, id))
  const shown = new Set(unknown.length === 0 ? [] : yield* elsewhere(unknown))
  const lines = Ids.unknownIn(unknown, projects).flatMap(({ id, line }) =>
    shown.has(id) ? [] : [`${command}: ${line}`]
  )
  if (command === "offboard") yield* Effect.forEach(lines, screen.warn, { discard: true })
  else if (lines.length > 0) return yield* wrongUse(...lines)
  return { ids, names, projects }
})

/**
 * Returns the projects of the organization, and a line for each id of a policy that is none of them. Access that has
 * ended is left out. Fails if the organization has none of the ids. Pass the `planned` checkpoints to check only those.
 */
const readPolicy = Effect.fnUntraced(function* (
  command: Command,
  connection: Connection,
  policy: AccessPolicy.AccessPolicy,
  sources: ReadonlyArray<AccessPolicy.Source>,
  planned: ReadonlyArray<string> = Object.keys(policy.checkpoints)
) {
  const day = DateTime.formatIsoDateUtc(yield* connection.time.now)
  const ids = yield* Ids.activeIds(policy, day, planned)
  const projects = yield* listProjects(command, connection, ids)
  const unknown = Ids.unknownIn(ids, projects, yield* Ids.locator(policy, sources, ids), planned)
  if (unknown.length > 0 && unknown.length === ids.length) {
    const none =
      ids.length === 1 ? "the project of the policy is not" : `none of the ${ids.length} projects of the policy is`
    return yield* wrongUse(
      `${command}: ${none} in this organization: is this the right key?`,
      ...unknown.map(({ line }) => `${command}: ${line}`)
    )
  }
  return { projects, lines: unknown.map(({ line }) => `${command}: ${line}`) }
})

/** Fails if the organization has none of a policy's projects. Returns the projects. */
export const checkKnown = (...wanted: Parameters<typeof readPolicy>) =>
  Effect.map(readPolicy(...wanted), ({ projects }) => projects)

/** Fails with a line for each id of a policy that is not a project of the organization. Returns the projects. */
export const checkPolicy = (...wanted: Parameters<typeof readPolicy>) =>
  Effect.flatMap(readPolicy(...wanted), ({ lines, projects }) =>
    lines.length > 0 ? wrongUse(...lines) : Effect.succeed(projects)
  )

/** A policy, a document or a file of keys, with the projects that it names. */
interface Named {
  readonly policy?: AccessPolicy.AccessPolicy | undefined
  readonly source?: AccessPolicy.Source | ReadonlyArray<AccessPolicy.Source> | undefined
  readonly file?: string | undefined
  readonly projects?: ReadonlyArray<string> | undefined
  readonly keys?: ReadonlyArray<{ readonly project: string }> | undefined
}

/** Returns a line for each project of a document that the organization does not have. Fails if it has none of them. */
const readIds = Effect.fnUntraced(function* (
  command: Command,
  connection: Connection,
  given: ReadonlyArray<string>,
  what: string
) {
  const ids = [...new Set(given)]
  if (ids.length === 0) return []
  const unknown = Ids.unknownIn(ids, yield* listProjects(command, connection, ids))
  const lines = unknown.map(({ line }) => `${command}: ${what}: ${line}`)
  return unknown.length < ids.length
    ? lines
    : yield* wrongUse(
        `${command}: no project of ${what} is in this organization: is this the right key?`,
        ...lines.slice(0, 5)
      )
})

/**
 * Prints a line for each id of policies, documents and files of keys that is not a project of the organization. Fails if
 * the organization has none of the projects of one.
 */
export const reportProjects = (command: Command, connection: Connection, all: ReadonlyArray<Named>) =>
  Effect.forEach(
    all,
    Effect.fnUntraced(function* ({ file = "", keys = [], policy, projects = [], source = [] }) {
      const ofPolicy =
        policy === undefined ? [] : (yield* readPolicy(command, connection, policy, [source].flat())).lines
      const ofDocument = yield* readIds(command, connection, projects, printable(file))
      const ofKeys = keys.map(({ project }) => project)
      const lines = [...ofPolicy, ...ofDocument, ...(yield* readIds(command, connection, ofKeys, "--project-keys"))]
      yield* Effect.forEach(lines, (line) => Screen.warn(line), { discard: true })
    }),
    { discard: true }
  )

/** Fails with a line for each archived project that would be granted. Warns about those that already have access. */
export const checkArchived = Effect.fnUntraced(function* (
  command: Command,
  projects: Projects.Projects,
  wanted: ReadonlyArray<Ids.Wanted>,
  locate?: Effect.Effect.Success<ReturnType<typeof Ids.locator>>
) {
  const { refused, warnings } = Ids.archivedAmong(wanted, projects, locate)
  yield* Effect.forEach(warnings, (line) => Screen.warn(`${command}: ${line}`), { discard: true })
  if (refused.length > 0) return yield* wrongUse(...refused.map((line) => `${command}: ${line}`))
})

export const filterProject = Effect.fnUntraced(function* (
  command: "audit" | "history" | "list",
  connection: Connection,
  given: Option.Option<ProjectId>
) {
  if (Option.isNone(given)) return undefined
  const { ids, names, projects } = yield* checkProjects(command, connection, [given.value])
  const [project = given.value] = ids
  if (Projects.isArchived(projects, project)) {
    yield* Screen.warn(`${command}: ${Ids.named(project, names)} is archived`)
  }
  return { project, names }
})
