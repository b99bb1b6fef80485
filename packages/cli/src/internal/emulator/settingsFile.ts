/** A file of settings, in YAML or JSON. */
import { printable } from "@checkpoint-permissions/access/TerminalText"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { WrongUse } from "../failure.ts"
import { read } from "../input/files.ts"

/** Its value, and how errors name it. */
export const load = (
  path: string
): Effect.Effect<{ readonly named: string; readonly value: unknown }, WrongUse, FileSystem> =>
  Effect.gen(function* () {
    const text = yield* read("settings file", path)
    const named = `settings file ${printable(JSON.stringify(path))}`
    // only here: most emulators have no such file
    const { parseDocument } = yield* Effect.promise(() => import("yaml"))
    const document = parseDocument(text, { prettyErrors: true })
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) {
      return yield* new WrongUse({ message: `${named}: ${problem.message.split("\n")[0] ?? "it is not YAML"}` })
    }
    return {
      named,
      value: yield* Effect.orElseSucceed(
        Effect.try(() => document.toJS()),
        () => undefined
      )
    }
  })
