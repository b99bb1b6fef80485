/** How a store of jobs is named on a command line. */
import * as Options from "@effect/cli/Options"
import type * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
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

const address = option(
  "store",
  "url",
  parsed(
    parse,
    "not a store: pass sqlite:<file>, or postgres://<user>@<host>/<database>, whose password may be in PGPASSWORD"
  )
)

/** Of commands that do without a store too. */
export const storeOption = (description: string): Options.Options<Option.Option<StoreAddress>> =>
  address.pipe(optional(description))

/** Of commands that are about a store. */
export const store: Options.Options<StoreAddress> = address.pipe(
  Options.withDescription("The store of jobs: sqlite:<file>, or postgres://<user>@<host>/<database>.")
)
