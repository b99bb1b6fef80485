/** How a store of jobs is named on a command line. */
import type * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { WrongUse } from "../failure.ts"
import { orVariable } from "../input/environment.ts"
import { option, optional, parsed } from "../input/option.ts"

/** `name` is what messages and advice call it: without a password. */
export type SqliteFile = { readonly _tag: "Sqlite"; readonly file: string; readonly name: string }
export type Postgres = { readonly _tag: "Postgres"; readonly url: Redacted.Redacted; readonly name: string }
export type StoreAddress = SqliteFile | Postgres

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
const orEnvironment = (given: Option.Option<StoreAddress>) => orVariable(given, "CHECKPOINT_PERMISSIONS_STORE", reads)

export const noFake = "--fake is a server inside this process, which no worker reaches: leave out --fake, or --store"

/**
 * The store of a command that works without one too. `wrong` says what does not go with it: a store that the environment
 * names gives way.
 */
export const storeIfAny = (
  given: Option.Option<StoreAddress>,
  wrong: (store: StoreAddress) => WrongUse | undefined
): Effect.Effect<Option.Option<StoreAddress>, WrongUse> =>
  Effect.flatMap(orEnvironment(given), (store) => {
    const refused = Option.match(store, { onNone: () => undefined, onSome: wrong })
    if (refused === undefined) return Effect.succeed(store)
    return Option.isSome(given) ? refused : Effect.succeedNone
  })

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
