/** How a store of jobs is named on a command line. */
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { option } from "../input/parameters.ts"

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

const address = option({
  name: "store",
  pseudoName: "url",
  schema: Schema.String.pipe(
    Schema.filter((text) => parse(text) !== undefined, {
      message: () =>
        "not a store: pass sqlite:<file>, or postgres://<user>@<host>/<database>, whose password may be in PGPASSWORD"
    })
  )
})

const parsed = (text: string): Option.Option<StoreAddress> => Option.fromNullable(parse(text))

/** Of commands that do without a store too. */
export const storeOption = (description: string): Options.Options<Option.Option<StoreAddress>> =>
  address.pipe(Options.withDescription(description), Options.optional, Options.map(Option.flatMap(parsed)))

/** Of commands that are about a store. */
export const store: Options.Options<StoreAddress> = address.pipe(
  Options.withDescription("The store of jobs: sqlite:<file>, or postgres://<user>@<host>/<database>."),
  Options.map((text) => parse(text) ?? { _tag: "Sqlite", file: text, name: text })
)
