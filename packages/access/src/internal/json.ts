import { visibleJson } from "@checkpoint-permissions/protocol/text"
import { sha256 as hash } from "@noble/hashes/sha2"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { singleLine } from "./text/words.ts"

/** Returns the schema of a field that may be missing, and is never `undefined`. */
export const optional = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

export const serverFields = { apiUrl: Schema.String, organization: optional(Schema.String) }

export const serverOf = ({
  apiUrl,
  organization
}: {
  readonly apiUrl: string
  readonly organization?: string | undefined
}) => (organization === undefined ? { apiUrl } : { apiUrl, organization })

/** Returns a list or a record as JSON, with a line for each entry. */
const lines = (value: unknown): string => {
  const isList = Array.isArray(value)
  const entries = isList
    ? value.map((entry) => JSON.stringify(entry))
    : Object.entries(value ?? {}).map(([key, entry]) => `${JSON.stringify(key)}: ${JSON.stringify(entry)}`)
  const inside = entries.length === 0 ? "" : `${entries.map((entry) => `\n    ${entry}`).join(",")}\n  `
  return isList ? `[${inside}]` : `{${inside}}`
}

/**
 * Returns a document as JSON with a line for each entry of some of its fields, so that files can be compared line by
 * line. These fields are the last ones of the document.
 */
export const jsonLines = <A, I extends object>(
  schema: Schema.Schema<A, I>,
  ...lists: ReadonlyArray<keyof I & string>
): ((value: A) => string) => {
  const encode = Schema.encodeSync(schema)
  const isList = (key: string) => lists.some((list) => list === key)
  return (value) => {
    const encoded = encode(value)
    const fields = [
      ...Object.entries(encoded).flatMap(([key, field]) =>
        isList(key) ? [] : [[key, JSON.stringify(field)] as const]
      ),
      ...lists.map((key) => [key, lines(encoded[key])] as const)
    ]
    return `{\n${fields.map(([key, text]) => `  ${JSON.stringify(key)}: ${visibleJson(text)}`).join(",\n")}\n}\n`
  }
}

const issueOf = (error: ParseResult.ParseError): string => {
  const { message = "refused", path = [] } = ParseResult.ArrayFormatter.formatErrorSync(error)[0] ?? {}
  return singleLine([...path.map(String), message].join(": "), 200)
}

const versionOf = Schema.decodeOption(Schema.parseJson(Schema.Struct({ format: Schema.String, version: Schema.Int })))

/**
 * Reads a value of a schema from a file. Fails with the first problem, or with the version of a document that this
 * version does not read.
 */
export const decodeFile = <A, I>(
  schema: Schema.Schema<A, I>,
  { format, version }: { readonly format: string; readonly version: number }
): ((text: string, sha256: string | undefined) => Effect.Effect<A, string>) => {
  const decode = Schema.decode(Schema.parseJson(schema))
  const problemOf = (text: string) => (error: ParseResult.ParseError) =>
    Option.match(versionOf(text), {
      onNone: () => issueOf(error),
      onSome: (found) =>
        found.format === format && found.version !== version
          ? `it has version ${found.version}, not ${version}`
          : issueOf(error)
    })
  return (text, sha256) =>
    Effect.suspend(() => {
      const detail = digestMismatch(text, sha256)
      return detail === undefined ? Effect.mapError(decode(text), problemOf(text)) : Effect.fail(detail)
    })
}

/**
 * Returns `sha256:<hex>` of a text in UTF-8. It is synchronous: while a promise is pending, the clock of a test could
 * advance.
 */
export const sha256 = (text: string): string => `sha256:${Encoding.encodeHex(hash(text))}`

/** Returns a message if a text does not have this SHA-256. The prefix `sha256:` is optional. */
export const digestMismatch = (text: string, given: string | undefined): string | undefined => {
  const expected = given?.replace(/^(sha256:)?/i, "sha256:").toLowerCase()
  return expected === undefined || expected === sha256(text) ? undefined : `its digest is not ${expected}`
}
