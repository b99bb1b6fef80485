/** Arguments and options of more than one command. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Args from "@effect/cli/Args"
import { parseDuration, parseDurationOrZero } from "../terminal/time.ts"
import { argument, decoded, flag, oneOf, option, optional, parsed, text, texts } from "./option.ts"

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
  Args.withDescription("The permission to take away, by its id (cp_…) as list shows it.")
)

export const project = (description: string) => option("project", "id", decoded(ProjectId)).pipe(optional(description))

export const after = (description: string) =>
  option("after", "permission", decoded(PermissionId)).pipe(optional(description))

export const json = flag("json", "Print JSON, one object a line, with the fields that the API gives.")

/** The same for what the API gives no shape to. */
export const jsonObject = (shape: string) => flag("json", `Print JSON: ${shape}.`)

export const from = texts(
  "from",
  "file",
  "Where the checkpoints are named, - for standard input: one a line, a policy, an inventory, an audit as JSON, or the JSON that GET /models or GET /fine_tuning/jobs answered."
)

/** The same where a saved audit answers by itself. */
export const fromOrSaved = texts(
  "from",
  "file",
  "Where the checkpoints are named, - for standard input: one a line, a policy, an inventory, or what GET /models or GET /fine_tuning/jobs answered. Or a saved audit, which is worked with as it is, without a server."
)

export const policyFiles = texts(
  "file",
  "policy",
  "The policy, in YAML or JSON, - for standard input. Several files are one policy."
)

export const file = (name: string, description: string) => text(name, "file").pipe(optional(description))

/** What a command shows instead of doing it. */
export const dryRun = (what: string) => flag("dry-run", `${what}, and change nothing.`)

export const force = flag("force", "Write over files that are there already.")

export const out = (what: string, over = "A file that is there is written over with --force only.") =>
  file("out", `${what} Only its owner may read it. ${over}`)

const duration = (name: string, description: string) =>
  option(name, "time", parsed(parseDuration, "not a time: pass one such as 90s, 15m or 2h")).pipe(optional(description))

export const maxDuration = duration("max-duration", "Stop after this time, such as 50m, as Ctrl-C would.")

export const maxSnapshotAge = duration(
  "max-snapshot-age",
  "Read a checkpoint again if the plan read it longer ago. 1h by default."
)

/** A time, or 0. */
export const durationOrZero = (name: string, description: string) =>
  option(name, "time", parsed(parseDurationOrZero, "not a time: pass one such as 90s, 15m or 2h, or 0")).pipe(
    optional(description)
  )

/** Of what is for a terminal, or to be pasted into a review. */
export const planFormat = option(
  "format",
  "form",
  oneOf(["text", "markdown"], "no such format: pass text or markdown, or --json in its place")
).pipe(optional("text (the default), or markdown, to paste into a review."))

/** What is expected of a file, as what printed it or `sha256sum` says. */
export const sha256 = parsed(
  (text) => (/^(sha256:)?[0-9a-f]{64}$/i.test(text) ? text : undefined),
  "not a SHA-256: pass the 64 hex digits that plan printed"
)
