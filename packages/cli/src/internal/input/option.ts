/** Options and arguments: each is decoded, or refused by its name with what to do. */

import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type CommandError, wrongUse } from "../failure.ts"
import { parseDuration, parseDurationOrZero } from "../terminal/time.ts"

/** A parser of an option's text. Left is the error. */
export type Parser<A> = (text: string) => Either.Either<A, string>

/** Returns the first error of a value, as its schema words it. */
export const schemaMessage = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "not what is expected"

/** Reads by a schema, the text or the result of `prepare`. */
export const decoded = <A, I>(
  schema: Schema.Schema<A, I>,
  prepare: (text: string) => unknown = (text) => text
): Parser<A> => {
  const decode = Schema.decodeUnknownEither(schema)
  return (text) => Either.mapLeft(decode(prepare(text)), schemaMessage)
}

/** Reads by a function that returns `undefined` for an invalid text. */
export const parsed =
  <A>(parse: (text: string) => A | undefined, otherwise: string): Parser<A> =>
  (text) =>
    Either.fromNullable(parse(text), () => otherwise)

/** Parses a whole number from `from` to `to`. */
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

/** Makes an option of text. `value` names its value in help texts. */
export const text = (name: string, value: string): Options.Options<string> =>
  Options.withPseudoName(Options.text(name), value)

export const option = <A>(name: string, value: string, reads: Parser<A>): Options.Options<A> =>
  Options.mapEffect(text(name, value), (given) => Either.mapLeft(reads(given), (why) => invalidValue(name, why)))

/** Makes an option that can be repeated. */
export const repeated = <A>(name: string, value: string, reads: Parser<A>): Options.Options<ReadonlyArray<A>> =>
  text(name, value).pipe(
    Options.repeated,
    Options.mapEffect((all) => Either.mapLeft(Either.all(all.map(reads)), (why) => invalidValue(name, why)))
  )

/** Makes an option of texts that can be repeated, such as names of files. */
export const texts = (name: string, value: string, description: string): Options.Options<Array<string>> =>
  Options.repeated(Options.withDescription(text(name, value), description))

/** Makes an option optional, with its help text. */
export const optional =
  (description: string) =>
  <A>(self: Options.Options<A>): Options.Options<Option.Option<A>> =>
    Options.optional(Options.withDescription(self, description))

export const flag = (name: string, description: string): Options.Options<boolean> =>
  Options.withDescription(Options.boolean(name), description)

export const argument = <A>(name: string, reads: Parser<A>): Args.Args<A> =>
  Args.mapEffect(Args.text({ name }), (given) => Either.mapLeft(reads(given), HelpDoc.p))

const isGiven = (value: unknown): boolean => {
  if (Option.isOption(value)) return Option.isSome(value)
  return Array.isArray(value) ? value.length > 0 : value === true
}

/** Returns the first of these options that is given, in the form of the command line: `maxAge` is `--max-age`. */
export const firstGiven = <Options extends object>(
  options: Options,
  ...names: ReadonlyArray<keyof Options & string>
): string | undefined => {
  const name = names.find((one) => isGiven(options[one]))
  return name && `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Returns the requested form of output: the one of `--format`, or JSON with `--json`. */
export const formOf = <Form extends string>(
  { format, json }: { readonly json: boolean; readonly format: Option.Option<Form> },
  otherwise: NoInfer<Form>
): Either.Either<Form | "json", CommandError> => {
  const form = Option.getOrElse(format, () => otherwise)
  if (!json) return Either.right(form)
  return Option.isNone(format)
    ? Either.right("json")
    : Either.left(wrongUse("--json is a format of its own: leave out --format, or --json"))
}

export const checkpoint = argument("checkpoint", decoded(CheckpointId)).pipe(
  Args.withDescription("The fine-tuned model, such as ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd.")
)

export const checkpoints = argument("checkpoint", decoded(CheckpointId)).pipe(
  Args.withDescription("Fine-tuned models, such as ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd."),
  Args.repeated
)

export const projects = argument("project", decoded(ProjectId)).pipe(
  Args.withDescription("The project to give access, such as proj_iqGMw1llN8IrBb6SvvY5A1oF."),
  Args.atLeast(1)
)

export const permission = argument("permission", decoded(PermissionId)).pipe(
  Args.withDescription("The permission to take away, by its id (cp_…), as api list shows it.")
)

export const project = (description: string) => option("project", "id", decoded(ProjectId)).pipe(optional(description))

export const after = (description: string) =>
  option("after", "permission", decoded(PermissionId)).pipe(optional(description))

export const json = flag("json", "Print JSON. Times are ISO 8601 in UTC.")

export const from = texts(
  "from",
  "file",
  "Takes the ids of checkpoints from lines or a document, - for standard input: a policy, an audit, what GET /models answered."
)

export const policyFiles = texts(
  "file",
  "policy",
  "The policy, in YAML or JSON, - for standard input. Several files are one policy."
)

export const file = (name: string, description: string) => text(name, "file").pipe(optional(description))

export const dryRun = flag("dry-run", "Show what would be done, and change nothing.")

export const force = flag("force", "Overwrite existing files.")

export const out = (what: string, overwrite = "A file that is there is written over with --force only.") =>
  file("out", `${what} Only its owner may read it. ${overwrite}`)

const duration = (name: string, description: string) =>
  option(name, "time", parsed(parseDuration, "not a time: pass one such as 90s, 15m or 2h")).pipe(optional(description))

export const maxDuration = duration("max-duration", "Stop after this time, such as 50m, as Ctrl-C does.")

export const maxSnapshotAge = duration(
  "max-snapshot-age",
  "Read a checkpoint again if the plan read it longer ago. 1h by default."
)

/** Makes an option for a duration, which may be 0. */
export const durationOrZero = (name: string, description: string) =>
  option(name, "time", parsed(parseDurationOrZero, "not a time: pass one such as 90s, 15m or 2h, or 0")).pipe(
    optional(description)
  )

/** The option for the form of a plan: for a terminal, or as Markdown for a review. */
export const planFormat = option(
  "format",
  "form",
  oneOf(["text", "markdown"], "no such format: pass text or markdown, or --json in its place")
).pipe(optional("text (the default), or markdown, to paste into a review."))

/** Reads the SHA-256 of a file, as `plan` or `sha256sum` prints it. */
export const sha256 = parsed(
  (text) => (/^(sha256:)?[0-9a-f]{64}$/i.test(text) ? text : undefined),
  "not a SHA-256: pass the 64 hex digits that plan printed"
)
