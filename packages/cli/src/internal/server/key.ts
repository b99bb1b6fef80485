/** The admin key, out of a file or the environment. */
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type WrongUse, wrongUse } from "../failure.ts"
import { readSecret } from "../input/document.ts"
import { variable } from "../input/environment.ts"

/** A value, and where it came from, for messages. */
export interface Sourced<A> {
  readonly value: A
  readonly from: string
}

const noKey = (mayBeFake: boolean) =>
  wrongUse(
    mayBeFake
      ? "there is no admin key: set OPENAI_ADMIN_KEY, pass --admin-key-file <file>, or try --fake, which needs none"
      : "there is no admin key: set OPENAI_ADMIN_KEY, or pass --admin-key-file <file>"
  )

/** A line of a shell or of an `.env` file, or a text in quotes. */
const isNoKey = (text: string): boolean => /^\s*(export\s|[A-Za-z_]\w*\s*=|["'`])/.test(text)

/** White space at the end is no part of a key. */
const keyOf = (text: string, from: string): Effect.Effect<Sourced<Redacted.Redacted>, WrongUse> => {
  const key = text.trimEnd()
  if (key === "") return wrongUse(`${from} is empty: put the admin key in it`)
  if (isNoKey(key)) {
    return wrongUse(
      `${from} holds more than a key, such as OPENAI_ADMIN_KEY=sk-… or quotes: leave only the key itself in it`
    )
  }
  if (/^sk-(proj|svcacct)-/.test(key)) {
    return wrongUse(
      `${from} holds the ordinary key of a project: this command needs an admin key, which begins with sk-admin-`
    )
  }
  return /[\r\n]/.test(key)
    ? wrongUse(`${from} holds more than one line: leave only one key in it`)
    : Effect.succeed({ value: Redacted.make(key), from })
}

export const adminKey = (file: Option.Option<string>, mayBeFake: boolean) =>
  Option.match(file, {
    onSome: (path) => Effect.flatMap(readSecret(path), (text) => keyOf(text, `--admin-key-file ${printable(path)}`)),
    onNone: () =>
      Effect.flatMap(variable("OPENAI_ADMIN_KEY"), (key) =>
        key === undefined ? noKey(mayBeFake) : keyOf(key, "OPENAI_ADMIN_KEY")
      )
  })
