/** One write at a checkpoint, by hand. */
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Failed, Incomplete } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"

interface Write<A, E, R, R2, E3, R3> {
  readonly command: string
  readonly checkpoint: string
  /** For the line of progress. */
  readonly doing: string
  /** What it waits for first. */
  readonly turn?: Effect.Effect<unknown, E3, R3 | Scope.Scope>
  readonly send: Effect.Effect<A, E, R>
  /** Prints what was carried out. */
  readonly print: (done: A) => Effect.Effect<void, Screen.OutputFailed, R2>
}

/** Carries out a write, and says what became of it, also if it is ended before its answer or cannot be printed. */
export const write = <A, E, R, R2, E3 = never, R3 = never>(options: Write<A, E, R, R2, E3, R3>) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const what = `${options.command} ${oneLine(options.checkpoint)}`
    yield* screen.checkRoom
    yield* screen.progress(`${what}: ${options.doing}`)
    if (options.turn !== undefined) yield* options.turn
    const done = yield* Effect.onInterrupt(options.send, () =>
      screen.complain(`checkpoint-permissions: ${what}: interrupted; it may have been carried out anyway: see list`)
    )
    yield* Effect.mapError(
      options.print(done),
      ({ message }) => new Failed({ message: `${what}: ${message}; it was carried out anyway: see list` })
    )
    return done
  }).pipe(Effect.scoped)

/** Several requests: of one that fails after a write, it says that a part may be done. */
export const inSteps = <A, E extends { readonly message: string }, R>(
  self: Effect.Effect<A, E, R | CheckpointPermissions>
): Effect.Effect<A, E | Incomplete, R | CheckpointPermissions> =>
  Effect.gen(function* () {
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
    return yield* self.pipe(
      Effect.provideService(CheckpointPermissions, {
        ...permissions,
        create: (checkpoint, projects) => noted(permissions.create(checkpoint, projects)),
        delete: (checkpoint, permission) => noted(permissions.delete(checkpoint, permission))
      }),
      Effect.mapError((error) =>
        mayBeDone
          ? new Incomplete({ message: `${error.message}; a part may be done all the same: run it again` })
          : error
      )
    )
  })
