/** The writes of single commands at one checkpoint: an API call, or a grant or revoke of several requests. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Projects from "@checkpoint-permissions/access/Projects"
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { pluralize, printableId } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { openFiles } from "../apply/apply.ts"
import { type CommandError, type Failure, failed, incomplete } from "../command/failure.ts"
import type { OptionsOf } from "../command/run.ts"
import { sourcesOf } from "../input/document.ts"
import { named } from "../input/ids.ts"
import type { changeOptions } from "../input/options.ts"
import { didYouMean, similarTo } from "../input/similar.ts"
import { checkArchived, checkProjects } from "../server/projects.ts"
import { type Connection, type ServerOptions, withPermissions } from "../server/server.ts"
import { singleLine } from "../terminal/columns.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import { type LockOptions, useLock } from "./lock.ts"

interface Write<A, E, R, R2> {
  readonly command: string
  readonly checkpoint: string
  /** The text for the line of progress. */
  readonly progress: string
  readonly send: Effect.Effect<A, E, R>
  /** Prints the result of the write. */
  readonly print: (done: A) => Effect.Effect<void, Screen.OutputFailed, R2>
}

/** Executes a write. After an interruption or a failed print, the message adds that it may have been executed. */
export const write = Effect.fnUntraced(function* <A, E, R, R2>(options: Write<A, E, R, R2>) {
  const name = `${options.command} ${singleLine(options.checkpoint)}`
  yield* Screen.progress(`${name}: ${options.progress}`)
  const done = yield* Effect.onInterrupt(options.send, () =>
    Screen.warn(`checkpoint-permissions: ${name}: interrupted; the write may have been executed: check with list`)
  )
  yield* Effect.mapError(options.print(done), ({ message }) =>
    failed(`${name}: ${message}; the write was executed: check with list`)
  )
  return done
})

/**
 * Warns that a checkpoint may be misspelt, at which none of the projects has a permission. Known are the checkpoints of
 * the default policy. A listing of a few projects does not show others.
 */
const warnOfName = Effect.fnUntraced(function* (command: string, checkpoint: string) {
  const policy = Effect.flatMap(sourcesOf([]), AccessPolicy.merge)
  const known = yield* Effect.match(policy, {
    onFailure: (): ReadonlyArray<string> => [],
    onSuccess: ({ checkpoints }) => Object.keys(checkpoints)
  })
  const similar = known.includes(checkpoint) ? undefined : similarTo(checkpoint, known)
  const none = "no permission of these projects there"
  if (similar !== undefined) yield* Screen.warn(`${command}: ${didYouMean(checkpoint, similar, none)}`)
})

/**
 * Runs a program of several requests. If it fails after a write, the failure is `incomplete`. `beforeFirst` runs before
 * the first create, if the listings so far have no permission.
 */
const markPartial = Effect.fnUntraced(function* <A, E extends { readonly message: string }, R>(
  self: Effect.Effect<A, E, Access.Access>,
  beforeFirst: Effect.Effect<void, never, R>
) {
  const permissions = yield* CheckpointPermissions
  const isChanged = yield* Ref.make(false)
  const isListed = yield* Ref.make(false)
  const context = yield* Effect.context<R>()
  const checked = Effect.unlessEffect(
    Effect.provide(beforeFirst, context),
    Effect.zipWith(Ref.get(isListed), Ref.get(isChanged), (listed, changed) => listed || changed)
  )
  const noted = <B, E extends PermissionsError>(write: Effect.Effect<B, E>, hasChanged: (reply: B) => boolean) =>
    Effect.tapBoth(write, {
      onSuccess: (reply) => Ref.update(isChanged, (before) => before || hasChanged(reply)),
      onFailure: ({ mayHaveExecuted }) => Ref.update(isChanged, (before) => before || mayHaveExecuted)
    })
  const access = yield* Access.make({
    ...permissions,
    pages: (checkpoint, params) =>
      Stream.tap(permissions.pages(checkpoint, params), ({ data }) =>
        Ref.update(isListed, (is) => is || data.length > 0)
      ),
    create: (checkpoint, projects) =>
      Effect.zipRight(
        checked,
        noted(permissions.create(checkpoint, projects), () => true)
      ),
    delete: (checkpoint, permission) => noted(permissions.delete(checkpoint, permission), ({ deleted }) => deleted)
  })
  return yield* self.pipe(
    Effect.provideService(Access.Access, access),
    Effect.catchAll((error) =>
      Effect.if(Ref.get(isChanged), {
        onTrue: () => incomplete(`${error.message}; some changes may have been made: run the same command again`),
        onFalse: () => Effect.fail(error)
      })
    )
  )
})

interface ChangeOptions extends ServerOptions, LockOptions, OptionsOf<typeof changeOptions> {}

/** A command that grants or revokes projects at one checkpoint. */
interface Change<A, E> {
  readonly command: "grant" | "revoke"
  readonly perform: (
    checkpoint: CheckpointId,
    projects: ReadonlyArray<ProjectId>,
    options: Access.WriteOptions
  ) => Effect.Effect<A, E, Access.Access>
  /**
   * The lists of the result, with the words around each of their projects. The first list has the changed projects.
   */
  readonly lists: ReadonlyArray<readonly [name: keyof A & string, before: string, after: string]>
  /** The lists that a dry run prints: of projects with a permission, and of projects without one. */
  readonly dryRun: readonly [held: keyof A & string, others: keyof A & string]
  /** The line on standard error if none of the projects has a permission at the checkpoint. */
  readonly noPermission?: string | undefined
  /** Returns the failure of an incomplete result. */
  readonly failureOf: (result: A) => CommandError | undefined
}

/** Reads the projects that have a permission. */
const readProjects = ({ checkpoint }: ChangeOptions) =>
  Stream.unwrap(Effect.map(CheckpointPermissions, ({ stream }) => stream(checkpoint))).pipe(
    Stream.map(({ project_id }) => project_id),
    Stream.runCollect,
    Effect.map((all) => new Set<string>(all))
  )

/**
 * Checks the projects of the arguments. For a revoke, a project in the listing of the checkpoint is valid. An archived
 * project is never granted.
 */
const checkChange = Effect.fnUntraced(function* (
  command: "grant" | "revoke",
  options: ChangeOptions,
  connection: Connection
) {
  const elsewhere = () => (command === "revoke" ? readProjects(options) : Effect.succeed([]))
  const checked = yield* checkProjects(command, connection, options.projects, elsewhere)
  if (command === "grant" && checked.ids.some((id) => Projects.isArchived(checked.projects, id))) {
    const holders = yield* readProjects(options)
    const [missing, kept] = Arr.partition(checked.ids, (id) => holders.has(id))
    const steps = missing.map((project) => ({ project, why: "missing" as const }))
    yield* checkArchived(command, checked.projects, [{ checkpoint: options.checkpoint, kept, steps }])
  }
  return checked
})

/** Grants or revokes projects one after the other, and prints the outcome of each. A dry run changes nothing. */
export const change =
  <A extends { readonly [Name in keyof A]: ReadonlyArray<ProjectId> }, E extends Failure>({
    command,
    dryRun: [heldName, othersName],
    lists,
    noPermission,
    perform,
    failureOf
  }: Change<A, E>) =>
  (options: ChangeOptions) =>
    withPermissions(options, [options.checkpoint], ({ server }, connection) =>
      Effect.gen(function* () {
        const { checkpoint, dryRun, json } = options
        const { actor, journal } = dryRun ? {} : yield* openFiles(options)
        const { ids, names } = yield* checkChange(command, options, connection)
        const print = (result: Readonly<Record<string, ReadonlyArray<ProjectId>>>) =>
          Screen.print(
            json
              ? jsonLine({ checkpoint, ...(dryRun ? { dryRun } : {}), ...result })
              : lists
                  .flatMap(([name, before, after], i) =>
                    (result[name] ?? []).map((project) => {
                      const start = dryRun && i === 0 ? `would ${command}` : before
                      return `${`${start} ${named(project, names)} ${after}`.trimEnd()}\n`
                    })
                  )
                  .join("")
          )
        const reportNone = (others: ReadonlyArray<ProjectId>) =>
          noPermission !== undefined && others.length === Arr.dedupe(ids).length
            ? Screen.warn(`${command}: ${printableId(checkpoint)}: ${noPermission}`)
            : Effect.void
        if (dryRun) {
          const holders = yield* readProjects(options)
          const [others, held] = Arr.partition(Arr.dedupe(ids), (project) => holders.has(project))
          yield* print({ [heldName]: held, [othersName]: others })
          return yield* reportNone(others)
        }
        yield* Effect.withClock(useLock(command, options, server), connection.time.machine)
        const result = yield* write({
          command,
          checkpoint,
          progress: pluralize(ids.length, "project"),
          send: markPartial(perform(checkpoint, ids, { journal, actor }), warnOfName(command, checkpoint)),
          print: (result) => print(Object.fromEntries(lists.map(([name]) => [name, result[name]])))
        })
        yield* reportNone(result[othersName])
        const failure = failureOf(result)
        if (failure !== undefined) return yield* failure
      }).pipe(Effect.scoped)
    )
