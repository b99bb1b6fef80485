/** One write at a checkpoint, by hand: a plain call, or a grant or a revoke in several steps. */

import * as Access from "@checkpoint-permissions/access/Access"
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Failure, failed, incomplete } from "../failure.ts"
import { warnOfLookalikes } from "../output/lookalikes.ts"
import type { Given } from "../run.ts"
import { type ServerOptions, withPermissions } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import { actorOf, openFiles } from "./apply.ts"
import type * as locking from "./locking.ts"
import type { journalOptions } from "./options.ts"

interface Write<A, E, R, R2, E3, R3> {
  readonly command: string
  readonly checkpoint: string
  /** For the line of progress. */
  readonly doing: string
  /** Runs first. */
  readonly before?: Effect.Effect<unknown, E3, R3 | Scope.Scope>
  readonly send: Effect.Effect<A, E, R>
  /** Prints what was carried out. */
  readonly print: (done: A) => Effect.Effect<void, Screen.OutputFailed, R2>
}

/** Carries out a write, and says what became of it, also if it is ended before its answer or cannot be printed. */
export const write = Effect.fnUntraced(function* <A, E, R, R2, E3 = never, R3 = never>(
  options: Write<A, E, R, R2, E3, R3>
) {
  const what = `${options.command} ${oneLine(options.checkpoint)}`
  yield* Screen.checkRoom
  yield* Screen.progress(`${what}: ${options.doing}`)
  if (options.before !== undefined) yield* options.before
  const done = yield* Effect.onInterrupt(options.send, () =>
    Screen.complain(`checkpoint-permissions: ${what}: interrupted; it may have been carried out anyway: see list`)
  )
  yield* Effect.mapError(options.print(done), ({ message }) =>
    failed(`${what}: ${message}; it was carried out anyway: see list`)
  )
  return done
}, Effect.scoped)

/** Several requests: of one that fails after a write, it says that a part may be done. */
const inSteps = Effect.fnUntraced(function* <A, E extends { readonly message: string }>(
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
      mayBeDone ? incomplete(`${error.message}; a part may be done all the same: run it again`) : error
    )
  )
})

type Outcomes = ReadonlyArray<readonly [projects: ReadonlyArray<ProjectId>, before: string, after: string]>

/** What became of each project, as one object of JSON or a line each. */
export const printOutcomes = (json: object | undefined, outcomes: Outcomes) =>
  Screen.print(
    json === undefined
      ? outcomes
          .flatMap(([projects, before, after]) =>
            projects.map((project) => `${`${before} ${printable(project)} ${after}`.trimEnd()}\n`)
          )
          .join("")
      : jsonLine(json)
  )

interface ChangeOptions extends ServerOptions, locking.Options, Given<typeof journalOptions> {
  readonly checkpoint: CheckpointId
  readonly projects: ReadonlyArray<ProjectId>
}

/** Reads which of the projects have a permission and which have none, and changes nothing. */
export const showChange = (
  options: ChangeOptions,
  print: (held: ReadonlyArray<ProjectId>, others: ReadonlyArray<ProjectId>) => ReturnType<typeof printOutcomes>
) =>
  withPermissions(options, [options.checkpoint], ({ stream }) =>
    Effect.gen(function* () {
      yield* warnOfLookalikes(options.projects)
      const all = yield* Stream.runCollect(stream(options.checkpoint))
      const holders = new Set(Array.from(all, ({ project_id }) => project_id))
      const [others, held] = Arr.partition(Arr.dedupe(options.projects), (project) => holders.has(project))
      yield* print(held, others)
    })
  )

/** Grants or revokes projects in turn, with a journal if one is wanted. */
export const change = <A, E extends Failure>(
  command: string,
  options: ChangeOptions,
  beside: typeof locking.waitForApply | typeof locking.nameApply,
  perform: (options: Access.WriteOptions) => Effect.Effect<A, E, Access.Access>,
  print: (done: A) => ReturnType<typeof printOutcomes>
) =>
  withPermissions(options, [options.checkpoint], ({ server }) =>
    Effect.gen(function* () {
      const { checkpoint, projects } = options
      yield* warnOfLookalikes(projects)
      const { journal } = yield* openFiles({ journal: options.journal, backup: Option.none() })
      const actor = yield* actorOf(options)
      return yield* write({
        command,
        checkpoint,
        doing: pluralize(projects.length, "project"),
        before: beside(command, options, server),
        send: inSteps(perform({ journal, actor })),
        print
      })
    }).pipe(Effect.scoped)
  )
