import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type CommandError, wrongUse } from "../command/failure.ts"
import type { Entry } from "../help/words.ts"

/** A parser of the text of an option, an argument or a variable. `Left` is the error. */
export type Parser<A> = (text: string) => Either.Either<A, string>

export const schemaMessage = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "not a valid value"

/** Makes a parser from a schema. It decodes the text, or the result of `prepare`. */
export const decoded = <A, I>(
  schema: Schema.Schema<A, I>,
  prepare: (text: string) => unknown = (text) => text
): Parser<A> => {
  const decode = Schema.decodeUnknownEither(schema)
  return (text) => Either.mapLeft(decode(prepare(text)), schemaMessage)
}

export const parsed =
  <A>(parse: (text: string) => A | undefined, otherwise: string): Parser<A> =>
  (text) =>
    Either.fromNullable(parse(text), () => otherwise)

export const integer =
  ({ from = -Infinity, to = Infinity }: { readonly from?: number; readonly to?: number }) =>
  (text: string): number | undefined => {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return number >= from && number <= to ? number : undefined
  }

export const oneOf = <const A extends string>(all: ReadonlyArray<A>, otherwise: string): Parser<A> =>
  parsed((text) => all.find((one) => one === text), otherwise)

/** Returns a refusal with the name of the option. Some schemas' messages begin with a name already, such as `limit`. */
const invalidValue = (name: string, why: string) =>
  ValidationError.invalidValue(HelpDoc.p(why.startsWith(`${name} is `) ? `--${why}` : `--${name}: ${why}`))

interface Described {
  /** The entry in the help. Completions and the order of words depend on its term, too. */
  readonly entry: Entry
}

export type OptionOf<A> = Options.Options<A> & Described

export type ArgumentOf<A> = Args.Args<A> & Described

const described = <P extends object>(parser: P, term: string, text = ""): P & Described =>
  Object.assign(parser, { entry: { term, text } })

const termOf = (name: string, value: string): string => `--${name} <${value}>`

export const option = <A>(name: string, value: string, reads: Parser<A>): OptionOf<A> =>
  described(
    Options.mapEffect(Options.text(name), (given) => Either.mapLeft(reads(given), (why) => invalidValue(name, why))),
    termOf(name, value)
  )

export const text = (name: string, value: string): OptionOf<string> => option(name, value, Either.right)

export const repeated = <A>(
  name: string,
  value: string,
  reads: Parser<A>,
  description: string
): OptionOf<ReadonlyArray<A>> =>
  described(
    Options.text(name).pipe(
      Options.repeated,
      Options.mapEffect((all) => Either.mapLeft(Either.all(all.map(reads)), (why) => invalidValue(name, why)))
    ),
    `${termOf(name, value)} …`,
    description
  )

export const texts = (name: string, value: string, description: string): OptionOf<ReadonlyArray<string>> =>
  repeated(name, value, Either.right, description)

export const optional =
  (description: string) =>
  <A>(self: OptionOf<A>): OptionOf<Option.Option<A>> =>
    described(Options.optional(self), self.entry.term, description)

export const withDefault =
  <A>(value: A, description: string) =>
  (self: OptionOf<A>): OptionOf<A> =>
    described(Options.withDefault(self, value), self.entry.term, description)

export const flag = (name: string, description: string): OptionOf<boolean> =>
  described(Options.boolean(name), `--${name}`, description)

export const argument = <A>(name: string, description: string, reads: Parser<A>): ArgumentOf<A> =>
  described(
    Args.mapEffect(Args.text({ name }), (given) => Either.mapLeft(reads(given), HelpDoc.p)),
    `<${name}>`,
    description
  )

export const textArgument = (name: string, description: string): ArgumentOf<string> =>
  argument(name, description, Either.right)

export const optionalArgument = <A>(self: ArgumentOf<A>): ArgumentOf<Option.Option<A>> =>
  described(Args.optional(self), self.entry.term, self.entry.text)

export const anyNumber = <A>(self: ArgumentOf<A>): ArgumentOf<ReadonlyArray<A>> =>
  described(Args.repeated(self), `${self.entry.term} …`, self.entry.text)

export const atLeastOne = <A>(self: ArgumentOf<A>): ArgumentOf<NonEmptyReadonlyArray<A>> =>
  described(Args.atLeast(self, 1), `${self.entry.term} …`, self.entry.text)

const isGiven = (value: unknown): boolean => {
  if (Option.isOption(value)) return Option.isSome(value)
  return Array.isArray(value) ? value.length > 0 : value === true
}

/**
 * Returns the name of the first of these options that is given, in the form of the command line: `--max-age` for
 * `maxAge`.
 */
export const firstGiven = <Options extends object>(
  options: Options,
  ...names: ReadonlyArray<keyof Options & string>
): string | undefined => {
  const name = names.find((one) => isGiven(options[one]))
  return name && `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Returns the requested form of output: that of `--format`, or JSON with `--json`. */
export const formOf = <Form extends string>(
  { format, json }: { readonly json: boolean; readonly format: Option.Option<Form> },
  otherwise: NoInfer<Form> | "json"
): Either.Either<Form | "json", CommandError> => {
  const form: Form | "json" = Option.getOrElse(format, () => otherwise)
  if (!json) return Either.right(form)
  return Option.isNone(format) ? Either.right("json") : Either.left(wrongUse("--json cannot be combined with --format"))
}

export const file = (name: string, description: string) => text(name, "file").pipe(optional(description))
