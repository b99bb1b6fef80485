/** One write at a checkpoint, by hand. */
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Failed } from "../failure.ts"
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
      screen.complain(
        `checkpoint-permissions: ${what}: interrupted; it may have been carried out all the same: see list`
      )
    )
    yield* Effect.mapError(
      options.print(done),
      ({ message }) => new Failed({ message: `${what}: ${message}; it is carried out all the same: see list` })
    )
    return done
  }).pipe(Effect.scoped)
