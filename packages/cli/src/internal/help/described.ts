/** A command together with what its help says besides its arguments and options, read off what the parser says of them. */
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import type * as ValidationError from "@effect/cli/ValidationError"
import type * as Effect from "effect/Effect"
import type * as Types from "effect/Types"
import { withoutColors } from "../terminal/style.ts"
import type { Entry, Words } from "./words.ts"

const withoutBuiltIns = CliConfig.make({ showBuiltIns: false })

const textOf = (span: Span.Span): string => withoutColors(HelpDoc.toAnsiText(HelpDoc.p(span))).trim()

const parts = (doc: HelpDoc.HelpDoc): ReadonlyArray<HelpDoc.HelpDoc> =>
  doc._tag === "Sequence" ? [...parts(doc.left), ...parts(doc.right)] : [doc]

/** `--limit number` as `--limit <number>`, `--key key...` as `--key <key> …`. */
const termOf = (span: Span.Span): string =>
  textOf(span)
    .replace(/^(--\S+) ([^\s.]+)/, "$1 <$2>")
    .replace(/(?: 1\+|\.\.\.)$/, " …")

/** The parser describes a parameter by its type first, and then by what was written for it. */
const entriesOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Entry> =>
  parts(doc).flatMap((part) =>
    part._tag !== "DescriptionList"
      ? []
      : part.definitions.map(([term, description]) => {
          const [, written] = parts(description).map((one) => textOf(HelpDoc.getSpan(one)))
          return { term: termOf(term), text: written ?? "" }
        })
  )

/** What a command gets of its arguments and options. */
export type Given<Config extends Command.Command.Config> = Command.Command.ParseConfig<Config>

export const described = <Name extends string, const Config extends Command.Command.Config, R, E>(
  name: Name,
  config: Config,
  run: (given: Types.Simplify<Given<Config>>) => Effect.Effect<void, E, R>,
  words: Words
) => {
  const command = Command.make(name, config, run).pipe(Command.withDescription(words.summary))
  return { ...words, name, command, entries: () => entriesOf(Command.getHelp(command, withoutBuiltIns)) }
}

const plainer = (message: string): string => {
  const [, extra] = /^Received unknown argument: '(.*)'$/.exec(message) ?? []
  const [, missing] = /^Expected to find option: '(--\S+)'$/.exec(message) ?? []
  return missing !== undefined
    ? `missing option ${missing}`
    : extra === undefined
      ? message.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase()).replace(/\.$/, "")
      : `${JSON.stringify(extra.replace(/sk-.*/, "sk-…"))} is an argument too many`
}

/** What is wrong with a command line in one line: the parser's finding, in plainer words. */
export const finding = (error: ValidationError.ValidationError): string =>
  plainer(oneLine(withoutColors(HelpDoc.toAnsiText(error.error))))
