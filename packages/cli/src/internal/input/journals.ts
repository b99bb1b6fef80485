/** Journals, and keys of this tool: what says of a change that it was made by it. */
import * as Journal from "@checkpoint-permissions/access/Journal"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { wrongUse } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { readDocument } from "./document.ts"
import { parsed, repeated, texts } from "./option.ts"

export const oursOptions = {
  journal: texts("journal", "file", "A journal of apply, grant or revoke: what it has was made by this tool."),
  ourKey: repeated(
    "our-key",
    "id",
    parsed((id) => (/^key_\S+$/.test(id) ? id : undefined), "not the id of a key: pass key_…, as history shows it")
  ).pipe(Options.withDescription("A key whose changes are this tool's, such as key_abc."))
}

/** The entries of journals. Lines that were left unfinished are told. */
export const load = (files: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(files, (file) =>
      Effect.gen(function* () {
        const screen = yield* Screen.Screen
        const { name, text } = yield* readDocument("journal", file, ["journal"])
        const { entries, torn } = Journal.fromLines(text)
        if (torn > 0 && entries.length === 0) {
          return yield* wrongUse(`${printable(name)} is no journal: pass what --journal of apply wrote`)
        }
        if (torn > 0)
          yield* screen.complain(`${printable(name)}: ${counted(torn, "line")} left unfinished, not counted`)
        return entries
      })
    ),
    (all) => all.flat()
  )
