/** Arguments and options of more than one command, decoded and refused with what to do. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { Limit, Order } from "@checkpoint-permissions/core/Permission"
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { parseDuration } from "../terminal/time.ts"

/** The first thing that is wrong with a value, in the words of its schema. */
export const complaint = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "not what is expected"

const argument = <A>(schema: Schema.Schema<A, string>, name: string): Args.Args<A> => {
  const decode = Schema.decode(schema)
  return Args.mapEffect(Args.text({ name }), (text) =>
    Effect.mapError(decode(text), (error) => HelpDoc.p(complaint(error)))
  )
}

/** Some schemas name what they decode, such as `limit`. */
const refusal = (name: string, why: string): string =>
  why.startsWith(`${name} is `) ? `--${why}` : `--${name}: ${why}`

/** An option whose text a schema decodes. */
export const option = <A, I>(options: {
  readonly name: string
  readonly pseudoName: string
  readonly schema: Schema.Schema<A, I>
  /** What the schema decodes. Default: the text itself. */
  readonly prepare?: ((text: string) => unknown) | undefined
}): Options.Options<A> => {
  const decode = Schema.decodeUnknown(options.schema)
  const prepare = options.prepare ?? ((text) => text)
  return Options.text(options.name).pipe(
    Options.withPseudoName(options.pseudoName),
    Options.mapEffect((text) =>
      Effect.mapError(decode(prepare(text)), (error) =>
        ValidationError.invalidValue(HelpDoc.p(refusal(options.name, complaint(error))))
      )
    )
  )
}

/** Digits as the number they are; anything else stays as it is, for a schema to refuse. */
export const digits = (text: string): unknown => (/^-?\d{1,15}$/.test(text) ? Number(text) : text)

export const checkpoint = argument(CheckpointId, "checkpoint").pipe(
  Args.withDescription("The fine-tuned model, such as ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd.")
)

export const projects = argument(ProjectId, "project").pipe(
  Args.withDescription("The project to give access, such as proj_iqGMw1llN8IrBb6SvvY5A1oF."),
  Args.atLeast(1)
)

export const permission = argument(PermissionId, "permission").pipe(
  Args.withDescription("The permission to take away, by its id (cp_…) as list shows it.")
)

export const project = option({ name: "project", pseudoName: "id", schema: ProjectId }).pipe(
  Options.withDescription("Only permissions of this project."),
  Options.optional
)

export const after = option({ name: "after", pseudoName: "permission", schema: PermissionId }).pipe(
  Options.withDescription("Begin after this permission: resumes a listing that stopped there."),
  Options.optional
)

export const order = option({ name: "order", pseudoName: "order", schema: Order }).pipe(
  Options.withDescription("ascending (oldest first) or descending, which is how the server lists by itself."),
  Options.optional
)

export const limit = option({ name: "limit", pseudoName: "number", schema: Limit, prepare: digits }).pipe(
  Options.withDescription("Permissions a page; all pages are listed. 100 by default."),
  Options.optional
)

export const json = Options.boolean("json").pipe(
  Options.withDescription("Print JSON, one object a line, with the fields that the API gives.")
)

/** The same for what the API gives no shape to. */
export const jsonObject = (shape: string) =>
  Options.boolean("json").pipe(Options.withDescription(`Print JSON: ${shape}.`))

export const checkpoints = argument(CheckpointId, "checkpoint").pipe(
  Args.withDescription("Fine-tuned models, such as ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd."),
  Args.repeated
)

export const from = Options.text("from").pipe(
  Options.withPseudoName("file"),
  Options.withDescription(
    "Where the checkpoints are named, - for standard input: one a line, a policy, an audit as JSON, or the JSON that GET /models or GET /fine_tuning/jobs answered."
  ),
  Options.repeated
)

export const policyFiles = Options.text("file").pipe(
  Options.withPseudoName("policy"),
  Options.withDescription("The policy, in YAML or JSON, - for standard input. Several files are one policy."),
  Options.repeated
)

export const file = (name: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName("file"), Options.withDescription(description), Options.optional)

export const force = Options.boolean("force").pipe(Options.withDescription("Write over files that are there already."))

export const out = (what: string, over = "A file that is there is written over with --force only.") =>
  Options.text("out").pipe(
    Options.withPseudoName("file"),
    Options.withDescription(`${what} Only its owner may read it. ${over}`),
    Options.optional
  )

const duration = Schema.String.pipe(
  Schema.filter((text) => parseDuration(text) !== undefined, {
    message: () => "not a time: pass one such as 90s, 15m or 2h"
  })
)

export const maxDuration = option({ name: "max-duration", pseudoName: "time", schema: duration }).pipe(
  Options.withDescription("Stop after this time, such as 50m or 2h, as Ctrl-C would."),
  Options.optional,
  Options.map(Option.flatMapNullable(parseDuration))
)
