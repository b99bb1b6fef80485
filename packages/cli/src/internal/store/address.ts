/** How a store of jobs is named on a command line. */
import type * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { WrongUse } from "../failure.ts"
import { orVariable } from "../input/environment.ts"
import { option, optional, parsed } from "../input/option.ts"

/** `name` is what messages and advice call it: without a password. */
export type StoreAddress =
  | { readonly _tag: "Sqlite"; readonly file: string; readonly name: string }
  | { readonly _tag: "Postgres"; readonly url: Redacted.Redacted; readonly name: string }

const forShell = (text: string): string => (/^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** `undefined` for what names no store. */
export const parse = (text: string): StoreAddress | undefined => {
  const file = /^sqlite:(?:\/\/(?=\/))?(.+)$/s.exec(text)?.[1]
  if (file !== undefined) {
    return file === ":memory:" || file.startsWith("//")
      ? undefined
      : { _tag: "Sqlite", file, name: forShell(`sqlite:${file}`) }
  }
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.hostname === "" || url.pathname.length < 2) return undefined
  url.password = ""
  url.search = ""
  return { _tag: "Postgres", url: Redacted.make(text), name: forShell(url.href) }
}

const reads = parsed(
  parse,
  "not a store: pass sqlite:<file>, or postgres://<user>@<host>/<database>, whose password may be in PGPASSWORD"
)

export const storeOption = (description: string): Options.Options<Option.Option<StoreAddress>> =>
  option("store", "url", reads).pipe(optional(description))

/** Of commands that are about a store. */
export const store = storeOption("The store of jobs: sqlite:<file>, or postgres://<user>@<host>/<database>.")

/** The one that is given, or that of the environment. */
export const orEnvironment = (given: Option.Option<StoreAddress>) =>
  orVariable(given, "CHECKPOINT_PERMISSIONS_STORE", reads)

/** The store of a command that is about one. */
export const storeOf = (command: string, given: Option.Option<StoreAddress>): Effect.Effect<StoreAddress, WrongUse> =>
  Effect.flatMap(
    orEnvironment(given),
    Effect.mapError(
      () =>
        new WrongUse({
          message: `${command} needs a store of jobs: pass --store <url>, such as sqlite:<file>, or set CHECKPOINT_PERMISSIONS_STORE`
        })
    )
  )
