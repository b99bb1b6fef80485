/** Files that a command is given, with what is wrong with them in one line. */

import { printable } from "@checkpoint-permissions/access/TerminalText"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { Failed, WrongUse } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"

const why = (error: PlatformError): string => {
  if (error._tag === "BadArgument") return "its name cannot be one"
  switch (error.reason) {
    case "NotFound":
      return "there is no such file"
    case "PermissionDenied":
      return "it may not be read: check its owner and mode"
    case "BadResource":
      return "it is no file that can be read"
    default:
      return `it cannot be read (${error.reason})`
  }
}

/** The text of a file; `what` it is and its name go into the error. */
export const read = (what: string, path: string): Effect.Effect<string, WrongUse, FileSystem.FileSystem> =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fs) => fs.readFileString(path)),
    Effect.mapError((error) => new WrongUse({ message: `${what} ${printable(JSON.stringify(path))}: ${why(error)}` }))
  )

/** The same for a file, or for standard input by the name `-`. */
export const readText = (
  what: string,
  path: string
): Effect.Effect<string, WrongUse | Failed, FileSystem.FileSystem | Screen.Screen> =>
  path === "-"
    ? Effect.flatMap(Screen.Screen, (screen) =>
        Effect.mapError(
          screen.input,
          ({ reason }) => new Failed({ message: `standard input cannot be read: ${printable(reason)}` })
        )
      )
    : read(what, path)
