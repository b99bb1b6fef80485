/** Who can use what, in each form, and as a policy. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Given, given } from "./checkpoints.ts"
import { Incomplete, Stopped, WrongUse } from "./failure.ts"
import { read } from "./files.ts"
import { Interruption, type Signal } from "./interruption.ts"
import * as output from "./output.ts"
import { left } from "./plan.ts"
import * as Screen from "./screen.ts"
import { withPermissions } from "./server.ts"
import type { ServerOptions } from "./serverOptions.ts"
import { counted, visible } from "./text.ts"
import { time } from "./time.ts"

interface Reading extends ServerOptions {
  readonly checkpoints: ReadonlyArray<CheckpointId>
  readonly from: ReadonlyArray<string>
  readonly out: Option.Option<string>
  readonly force: boolean
}

export type Format = "table" | "csv" | "json" | "html"

export interface AuditOptions extends Reading {
  readonly projectId: Option.Option<ProjectId>
  readonly format: Option.Option<Format>
  readonly json: boolean
  readonly resume: Option.Option<string>
  readonly maxDuration: Option.Option<Duration.Duration>
}

export interface ExportOptions extends Reading {
  readonly json: boolean
}

const matrixOf = (
  name: string,
  { checkpoints, names, owners }: Given,
  options: Pick<Access.AuditOptions, "project" | "previous" | "stop">
) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const permissions = yield* CheckpointPermissions.CheckpointPermissions
    const { duration } = yield* Access.estimateReading(checkpoints.length)
    yield* screen.note(
      screen.err.dim(`Reads ${counted(checkpoints.length, "checkpoint")}, about ${time(duration)} at the present pace.`)
    )
    yield* screen.progress(`${name}: asking for the first of ${counted(checkpoints.length, "checkpoint")}`)
    const matrix = yield* Access.audit(checkpoints, {
      ...options,
      names,
      owners,
      onRow: (_, { done, total }) =>
        Effect.flatMap(left(permissions, total - done), (rest) =>
          screen.progress(`${name}: ${done} of ${counted(total, "checkpoint")} read${rest}`)
        )
    })
    yield* screen.clear
    return matrix
  })

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

/** To a file, or to standard output. */
const deliver = Effect.fnUntraced(function* (target: Option.Option<output.Target>, text: string) {
  const screen = yield* Screen.Screen
  if (Option.isNone(target)) return yield* screen.print(text.endsWith("\n") ? text : `${text}\n`)
  yield* output.write(target.value, text)
  yield* screen.note(`Written to ${visible(target.value.path)}`)
})

export const run = (options: AuditOptions) =>
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
            project: Option.getOrUndefined(options.projectId),
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

/** The present state as a policy. */
export const exported = (options: ExportOptions) =>
  Effect.gen(function* () {
    const target = Option.map(options.out, (path) => ({ what: "policy file", path, force: options.force }))
    if (Option.isSome(target)) yield* output.check(target.value)
    const named = yield* given(options.checkpoints, options.from)
    return yield* withPermissions(options, named.checkpoints, (permissions) =>
      Effect.gen(function* () {
        const policy = yield* AccessMatrix.toPolicy(yield* matrixOf("export", named, {}))
        yield* deliver(target, AccessPolicy.format(policy, { format: options.json ? "json" : "yaml" }))
      }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
    )
  })
