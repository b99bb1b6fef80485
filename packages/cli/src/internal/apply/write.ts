/** The writes of single commands at one checkpoint: an API call, or a grant or revoke of several requests. */

import * as Access from "@checkpoint-permissions/access/Access"
import { singleLine } from "@checkpoint-permissions/access/TerminalText"
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Failure, failed, incomplete } from "../failure.ts"
import { archivedAmong, archivedIn, named } from "../input/ids.ts"
import type { journalOptions } from "../input/options.ts"
import type { OptionsOf } from "../run.ts"
import { type Checked, checkProjects, reportArchived } from "../server/projects.ts"
import { type Connection, type ServerOptions, withPermissions } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import { actorOf, openFiles } from "./apply.ts"
import type * as locking from "./locking.ts"

interface Write<A, E, R, R2, E3, R3> {
  readonly command: string
  readonly checkpoint: string
  /** The text for the line of progress. */
  readonly progress: string
  /** An effect that runs before the write. */
  readonly before?: Effect.Effect<unknown, E3, R3 | Scope.Scope>
  readonly send: Effect.Effect<A, E, R>
  /** Prints the result of the write. */
  readonly print: (done: A) => Effect.Effect<void, Screen.OutputFailed, R2>
}

/** Executes a write. After an interruption or a failed print, the message adds that it may have been executed. */
export const write = Effect.fnUntraced(function* <A, E, R, R2, E3 = never, R3 = never>(
  options: Write<A, E, R, R2, E3, R3>
) {
  const what = `${options.command} ${singleLine(options.checkpoint)}`
  yield* Screen.checkDiskSpace
  yield* Screen.progress(`${what}: ${options.progress}`)
  if (options.before !== undefined) yield* options.before
  const done = yield* Effect.onInterrupt(options.send, () =>
    Screen.warn(`checkpoint-permissions: ${what}: interrupted; the write may have been executed: check with list`)
  )
  yield* Effect.mapError(options.print(done), ({ message }) =>
    failed(`${what}: ${message}; the write was executed: check with list`)
  )
  return done
}, Effect.scoped)

/** Runs a program of several requests. If it fails after a write, the error adds that a part may be done. */
const markPartial = Effect.fnUntraced(function* <A, E extends { readonly message: string }>(
  self: Effect.Effect<A, E, Access.Access>
) {
  const permissions = yield* CheckpointPermissions
  let mayBeDone = false
  const note = Effect.sync(() => {
    mayBeDone = true
  })
  const noted = <B, E extends PermissionsError>(write: Effect.Effect<B, E>) =>
    Effect.tapBoth(write, {
      onSuccess: () => note,
      onFailure: ({ mayHaveExecuted }) => Effect.when(note, () => mayHaveExecuted)
    })
  const access = yield* Access.make({
    ...permissions,
    create: (checkpoint, projects) => noted(permissions.create(checkpoint, projects)),
    delete: (checkpoint, permission) => noted(permissions.delete(checkpoint, permission))
  })
  return yield* self.pipe(
    Effect.provideService(Access.Access, access),
    Effect.mapError((error) =>
      mayBeDone ? incomplete(`${error.message}; some changes may have been made: run the same command again`) : error
    )
  )
})

type Outcomes = ReadonlyArray<readonly [projects: ReadonlyArray<ProjectId>, before: string, after: string]>

/** Prints the outcome of each project, as one object of JSON or a line each. */
export const printOutcomes = (json: object | undefined, outcomes: Outcomes, names: Checked["names"]) =>
  Screen.print(
    json === undefined
      ? outcomes
          .flatMap(([projects, before, after]) =>
            projects.map((project) => `${`${before} ${named(project, names)} ${after}`.trimEnd()}\n`)
          )
          .join("")
      : jsonLine(json)
  )

interface ChangeOptions extends ServerOptions, locking.LockOptions, OptionsOf<typeof journalOptions> {
  readonly checkpoint: CheckpointId
  readonly projects: ReadonlyArray<ProjectId>
}

type ChangeCommand = "grant" | "revoke"

/** Reads the projects that have a permission. */
const readProjects = ({ checkpoint }: ChangeOptions) =>
  Effect.flatMap(CheckpointPermissions, ({ stream }) =>
    Effect.map(
      Stream.runCollect(stream(checkpoint)),
      (all) => new Set<string>(Array.from(all, ({ project_id }) => project_id))
    )
  )

/**
 * Checks the projects of the arguments. A project that the listing of the checkpoint shows is valid for a revoke. An
 * archived project is granted nothing.
 */
const checkChange = Effect.fnUntraced(function* (
  command: ChangeCommand,
  options: ChangeOptions,
  connection: Connection
) {
  const elsewhere = () => (command === "revoke" ? readProjects(options) : Effect.succeed([]))
  const checked = yield* checkProjects(command, connection, options.projects, elsewhere)
  const archived = archivedIn(checked.projects ?? [])
  if (command === "grant" && checked.ids.some((id) => archived.has(id))) {
    const holders = yield* readProjects(options)
    const [grants, unchanged] = Arr.partition(checked.ids, (id) => holders.has(id))
    yield* reportArchived(command, archivedAmong([{ grants, unchanged }], checked.projects ?? []))
  }
  return checked
})

/** Reads which of the projects have a permission and which have none, and changes nothing. */
export const showChange = (
  command: ChangeCommand,
  options: ChangeOptions,
  print: (
    withAccess: ReadonlyArray<ProjectId>,
    others: ReadonlyArray<ProjectId>,
    names: Checked["names"]
  ) => ReturnType<typeof printOutcomes>
) =>
  withPermissions(options, [options.checkpoint], (_, connection) =>
    Effect.gen(function* () {
      const { ids, names } = yield* checkChange(command, options, connection)
      const holders = yield* readProjects(options)
      const [others, held] = Arr.partition(Arr.dedupe(ids), (project) => holders.has(project))
      yield* print(held, others, names)
    })
  )

/** Grants or revokes projects one after the other, and writes a journal if `--journal` is given. */
export const change = <A, E extends Failure>(
  command: ChangeCommand,
  options: ChangeOptions,
  checkLock: typeof locking.waitForApply | typeof locking.warnIfLocked,
  perform: (projects: ReadonlyArray<ProjectId>, options: Access.WriteOptions) => Effect.Effect<A, E, Access.Access>,
  print: (done: A, names: Checked["names"]) => ReturnType<typeof printOutcomes>
) =>
  withPermissions(options, [options.checkpoint], ({ server }, connection) =>
    Effect.gen(function* () {
      const { checkpoint } = options
      const { journal } = yield* openFiles({ journal: options.journal, out: Option.none(), force: false })
      const { ids, names } = yield* checkChange(command, options, connection)
      const actor = yield* actorOf(options)
      return yield* write({
        command,
        checkpoint,
        progress: pluralize(ids.length, "project"),
        before: checkLock(command, options, server),
        send: markPartial(perform(ids, { journal, actor })),
        print: (done) => print(done, names)
      })
    }).pipe(Effect.scoped)
  )
