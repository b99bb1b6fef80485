/**
 * The state folder: where the locks of runs on this machine are. It is its
 * owner's alone.
 */

import * as PrivateFolder from "@checkpoint-permissions/access/PrivateFolder"
import { visible } from "@checkpoint-permissions/access/TerminalText"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { variable } from "../input/environment.ts"

/** There is no state folder that can be used. The message says which and why. */
export class StateUnavailable extends Data.TaggedError("StateUnavailable")<{ readonly message: string }> {}

/** Where the folder is: `given`, else in XDG_STATE_HOME, else in HOME. A relative variable is ignored, as XDG says. */
export const pathOf = Effect.fnUntraced(function* (given: Option.Option<string>) {
  const path = yield* Path.Path
  if (Option.isSome(given)) return path.resolve(given.value)
  const state = yield* variable("XDG_STATE_HOME")
  if (state !== undefined && path.isAbsolute(state)) return path.join(state, "checkpoint-permissions")
  const home = yield* variable("HOME")
  if (home !== undefined && path.isAbsolute(home)) return path.join(home, ".local/state/checkpoint-permissions")
  return yield* new StateUnavailable({ message: "there is no state folder: set HOME, or pass --state-dir" })
})

/** The folder that is given, or the usual one, made and checked: it is ours alone and can be written. */
export const open = (
  given: Option.Option<string>
): Effect.Effect<string, StateUnavailable, FileSystem.FileSystem | Path.Path> =>
  Effect.tap(pathOf(given), (path) =>
    Effect.mapError(
      PrivateFolder.make(path),
      ({ reason }) => new StateUnavailable({ message: `state folder ${visible(JSON.stringify(path))}: ${reason}` })
    )
  )
