/** The arguments and options of a command, read off what the parser says of them. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import { withoutColors } from "../terminal/text.ts"
import type { Entry } from "./entry.ts"

const textOf = (span: Span.Span): string => withoutColors(HelpDoc.toAnsiText(HelpDoc.p(span))).trim()

const parts = (doc: HelpDoc.HelpDoc): ReadonlyArray<HelpDoc.HelpDoc> =>
  doc._tag === "Sequence" ? [...parts(doc.left), ...parts(doc.right)] : [doc]

/** `--limit number` as `--limit <number>`, `--key key...` as `--key <key> …`. */
const termOf = (span: Span.Span): string =>
  textOf(span)
    .replace(/^(--\S+) ([^\s.]+)/, "$1 <$2>")
    .replace(/(?: 1\+|\.\.\.)$/, " …")

/** The parser describes a parameter by its type first, and then by what was written for it. */
export const entriesOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Entry> =>
  parts(doc).flatMap((part) =>
    part._tag !== "DescriptionList"
      ? []
      : part.definitions.map(([term, description]) => {
          const [, written] = parts(description).map((one) => textOf(HelpDoc.getSpan(one)))
          return { term: termOf(term), text: written ?? "" }
        })
  )
