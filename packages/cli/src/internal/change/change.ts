/** The writes of single commands at one checkpoint: an API call, or a grant or revoke of several requests. */

import type * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type * as Journal from "@checkpoint-permissions/access/Journal"
import * as Projects from "@checkpoint-permissions/access/Projects"
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { nearestCheckpoint } from "@checkpoint-permissions/protocol/nearest"
import { pluralize, printableId, printableLine } from "@checkpoint-permissions/protocol/text"
import { limits } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type CommandError, type Failure, failed, incomplete, refused } from "../command/failure.ts"
import type { OptionsOf } from "../command/run.ts"
import { sourcesOf } from "../input/document.ts"
import { didYouMean, named } from "../input/ids.ts"
import type { changeOptions } from "../input/options.ts"
import { checkArchived, checkProjects } from "../server/projects.ts"
import { type Connection, type ServerOptions, withPermissions } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import { openFiles } from "./files.ts"
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
  const name = `${options.command} ${printableLine(options.checkpoint)}`
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
 * Asks whether a checkpoint that may be misspelt is meant, or warns without a terminal. Known are the checkpoints of the
 * default policy. A listing of a few projects does not show others.
 */
const checkName = Effect.fnUntraced(function* (checkpoint: string, isConfirmed: boolean) {
  const policy = Effect.flatMap(sourcesOf([]), AccessPolicy.merge)
  const known = yield* Effect.match(policy, {
    onFailure: (): ReadonlyArray<string> => [],
    onSuccess: ({ checkpoints }) => Object.keys(checkpoints)
  })
  const similar = known.includes(checkpoint) ? undefined : nearestCheckpoint(checkpoint, known)
  if (similar === undefined) return
  const screen = yield* Screen.Screen
  const text = `grant: ${didYouMean(checkpoint, similar, "no permission of these projects there")}`
  if (isConfirmed || !screen.canAsk) return yield* screen.warn(text)
  const answer = yield* screen.ask(`${text}\nGrant access to ${printableId(checkpoint)}? [y/N] `)
  if (!/^y(es)?$/i.test(answer ?? "")) return yield* refused("grant: not confirmed, nothing changed")
})

/**
 * Runs a grant or a revoke with a journal that passes its lines on. `beforeGrant` runs before the first create, if no
 * project of it has a permission. After a write, a failure is `incomplete`.
 */
const markPartial = Effect.fnUntraced(function* <A, R, R2>(
  perform: (journal: Journal.Journal<Failure>) => Effect.Effect<A, Failure, R>,
  projects: ReadonlyArray<ProjectId>,
  journal: Journal.Journal | undefined,
  beforeGrant: Effect.Effect<void, Failure, R2>
) {
  const context = yield* Effect.context<R2>()
  let isFirst = true
  let isChanged = false
  const write = Effect.fnUntraced(function* (entries: ReadonlyArray<Journal.Entry>) {
    isChanged ||= entries.some(({ outcome }) => outcome === "done" || outcome === "unknown")
    const isNew = isFirst && entries.length === Math.min(projects.length, limits.projectsPerCreate)
    isFirst = false
    // the journal is written in an uninterruptible region
    if (isNew && entries[0]?.action === "grant") yield* Effect.interruptible(Effect.provide(beforeGrant, context))
    yield* journal?.write(entries) ?? Effect.void
  })
  return yield* Effect.catchAll(perform({ write }), (error) =>
    isChanged
      ? incomplete(`${error.message}; some changes may have been made: run the same command again`)
      : Effect.fail(error)
  )
})

interface ChangeOptions extends ServerOptions, LockOptions, OptionsOf<typeof changeOptions> {}

/** A command that grants or revokes projects at one checkpoint. */
interface Change<A> {
  readonly command: "grant" | "revoke"
  readonly perform: (
    checkpoint: CheckpointId,
    projects: ReadonlyArray<ProjectId>,
    options: Access.WriteOptions<Failure>
  ) => Effect.Effect<A, Failure, Access.Access>
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
  <A extends { readonly [Name in keyof A]: ReadonlyArray<ProjectId> }>({
    command,
    dryRun: [heldName, othersName],
    lists,
    noPermission,
    perform,
    failureOf
  }: Change<A>) =>
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
          send: markPartial(
            (observed) => perform(checkpoint, ids, { journal: observed, actor }),
            Arr.dedupe(ids),
            journal,
            checkName(checkpoint, options.yes)
          ),
          print: (result) => print(Object.fromEntries(lists.map(([name]) => [name, result[name]])))
        })
        yield* reportNone(result[othersName])
        const failure = failureOf(result)
        if (failure !== undefined) return yield* failure
      }).pipe(Effect.scoped)
    )
