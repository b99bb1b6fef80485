/**
 * `checkpoint-permissions audit`: who can use what.
 *
 * @since 0.1.0
 */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Incomplete, Stopped, WrongUse } from "../internal/failure.ts"
import { described } from "../internal/help/described.ts"
import { given } from "../internal/input/checkpoints.ts"
import { read } from "../internal/input/files.ts"
import { checkpoints, force, from, maxDuration, option, out } from "../internal/input/parameters.ts"
import { deliver } from "../internal/output/deliver.ts"
import * as output from "../internal/output/file.ts"
import { rate, serverOptions } from "../internal/server/options.ts"
import { matrixOf } from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"
import { Interruption, type Signal } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"

type Format = typeof Format.Type
const Format = Schema.Literal("table", "csv", "json", "html").annotations({
  message: () => ({ message: "no format of an audit: pass table, csv, json or html", override: true })
})

const config = {
  checkpoints,
  from,
  project: option({ name: "project", pseudoName: "id", schema: ProjectId }).pipe(
    Options.withDescription("Ask only whether this project has access: one request a checkpoint."),
    Options.optional
  ),
  format: option({ name: "format", pseudoName: "form", schema: Format }).pipe(
    Options.withDescription("table (the default), csv, json, or html: one page that works from disk."),
    Options.optional
  ),
  json: Options.boolean("json").pipe(Options.withDescription("The same as --format json.")),
  out: out("Write it here instead of to standard output."),
  force,
  resume: Options.text("resume").pipe(
    Options.withPseudoName("file"),
    Options.withDescription("An audit as JSON that was cut short: what is known in it is not read again."),
    Options.optional
  ),
  maxDuration,
  rate,
  ...serverOptions
}

const rendered = (
  matrix: AccessMatrix.AccessMatrix,
  format: Format,
  layout: { readonly width: number; readonly color: boolean }
): Effect.Effect<string> => {
  switch (format) {
    case "csv":
      return Effect.succeed(AccessMatrix.toCsv(matrix))
    case "json":
      return Effect.succeed(AccessMatrix.toJson(matrix))
    case "html":
      return AccessMatrix.toHtml(matrix)
    case "table":
      return Effect.succeed(AccessMatrix.toTable(matrix, layout))
  }
}

const run = (options: Command.Command.ParseConfig<typeof config>) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const { gracefully } = yield* Interruption
    if (options.json && Option.isSome(options.format)) {
      return yield* new WrongUse({ message: "--json stands for --format json: leave out one of them" })
    }
    const format = options.json ? "json" : Option.getOrElse(options.format, (): Format => "table")
    const target = Option.map(options.out, (path) => ({ what: "audit file", path, force: options.force }))
    if (Option.isSome(target)) yield* output.check(target.value)
    const previous = yield* Effect.transposeMapOption(options.resume, (path) =>
      Effect.flatMap(read("earlier audit", path), AccessMatrix.fromJson)
    )
    const named = yield* given(
      [...options.checkpoints, ...(Option.getOrUndefined(previous)?.rows.map((row) => row.checkpoint) ?? [])],
      options.from
    )
    return yield* withPermissions(options, named.checkpoints, (permissions) =>
      gracefully((signal) =>
        Effect.gen(function* () {
          let told: Signal | undefined
          const signalled = Effect.tap(signal, (name) => {
            told = name
            return screen.complain(`audit: ${name}: stops, and shows what was read`)
          })
          const stop = Option.match(options.maxDuration, {
            onNone: () => Effect.asVoid(signalled),
            onSome: (limit) => Effect.raceFirst(Effect.asVoid(signalled), Effect.sleep(limit))
          })
          const matrix = yield* matrixOf("audit", named, {
            stop,
            project: Option.getOrUndefined(options.project),
            previous: Option.getOrUndefined(previous)
          })
          const layout = { width: screen.columns, color: screen.out.bold("") !== "" }
          yield* deliver(target, yield* rendered(matrix, format, layout))
          const { checkpoints, incomplete } = AccessMatrix.counts(matrix)
          const unknown = matrix.rows.find((row) => !row.complete)
          const message = `audit: ${incomplete} of ${counted(checkpoints, "checkpoint")} ${incomplete === 1 ? "is" : "are"} unknown, wholly or in part${unknown?.complete === false ? ` (${unknown.reason})` : ""}`
          if (told !== undefined) return yield* new Stopped({ message, signal: told })
          if (incomplete > 0) return yield* new Incomplete({ message })
        }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
      )
    )
  })

/**
 * @category commands
 * @since 0.1.0
 */
export const audit = described("audit", Command.make("audit", config, run), {
  summary: "Show who can use what: checkpoints × projects. What cannot be read is unknown, never no access.",
  details: [
    "A key that may only list is enough. Exits with 4 if anything is unknown. Ctrl-C and --max-duration show what was read by then; saved as JSON, --resume goes on from there."
  ],
  examples: [
    {
      line: "checkpoint-permissions audit --from policy.yaml --format html --out audit.html",
      does: "a page about every checkpoint of a policy, with names"
    },
    {
      line: "checkpoint-permissions audit --from models.json --project proj_iqGMw1llN8IrBb6SvvY5A1oF",
      does: "which of the models that GET /models answered one project may use"
    }
  ]
})
