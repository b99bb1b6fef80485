import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { refuseFixed } from "@checkpoint-permissions/protocol/pacing"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { OptionsOf } from "../command/run.ts"
import { parseDuration, parseRate, type Rate } from "../terminal/time.ts"
import { orVariable } from "./environment.ts"
import {
  anyNumber,
  argument,
  atLeastOne,
  decoded,
  file,
  flag,
  integer,
  oneOf,
  option,
  optional,
  type Parser,
  parsed,
  text,
  texts
} from "./option.ts"

const checkpointArgument = (description: string) => argument("checkpoint", description, decoded(CheckpointId))

export const checkpoint = checkpointArgument(
  "The fine-tuned model, such as ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd."
)

export const checkpoints = anyNumber(
  checkpointArgument("Fine-tuned models, such as ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd.")
)

export const projects = atLeastOne(
  argument("project", "The project, such as proj_iqGMw1llN8IrBb6SvvY5A1oF.", decoded(ProjectId))
)

export const project = (description: string) => option("project", "id", decoded(ProjectId)).pipe(optional(description))

export const after = (description: string) =>
  option("after", "permission", decoded(PermissionId)).pipe(optional(description))

export const json = flag("json", "Print JSON. Times are ISO 8601 in UTC.")

export const from = texts(
  "from",
  "file",
  "Read checkpoint ids from this file, - for standard input: lines, a policy, an audit, or a reply of GET /models."
)

export const policyFiles = texts(
  "file",
  "policy",
  "The policy, in YAML or JSON, - for standard input. Several files, or those of a folder, are one policy. Default: access/policy.yaml, or else the folder access."
)

export const projectKeys = file(
  "project-keys",
  "File with ordinary project keys: one line proj_…=sk-… for each project. Mode 0600."
)

export const dryRun = flag("dry-run", "Show the changes without making them.")

export const yes = flag("yes", "Do not ask for confirmation.")

export const force = flag("force", "Overwrite existing files.")

export const out = (description: string, overwrites?: string) =>
  file(
    "out",
    `${description} Mode 0600. ${overwrites === undefined ? "Existing" : `Overwrites ${overwrites}; other`} files need --force.`
  )

const duration = (name: string, example: string, description: string) =>
  option(name, "time", parsed(parseDuration, `not a time: pass one such as ${example}`)).pipe(optional(description))

export const maxDuration = duration("max-duration", "50m", "Stop after this time, such as 50m, as Ctrl-C does.")

export const dueWithin = duration(
  "due",
  "14d",
  "List the entries that are due within this time, such as 14d. Default: now."
)

export const retiring = duration("retiring", "90d", "Only checkpoints that retire within this time, such as 90d.")

export const sinceOption = (verb: "Apply" | "Plan") =>
  text("since", "commit").pipe(
    optional(
      `${verb} what the commits from this one to HEAD changed in the policy. Its files must equal those of HEAD.`
    )
  )

export const planFormat = option(
  "format",
  "form",
  oneOf(["text", "markdown"], "unknown format: pass text or markdown, or use --json")
).pipe(optional("text (the default), or markdown, for a review."))

export const readLimit = parsed(integer({ from: 0 }), "not a number of permissions: pass 0 or more")

export const maxRevokes = (byDefault: number) =>
  option("max-revokes", "number", readLimit).pipe(
    optional(`Maximum number of revocations allowed. Default: ${byDefault}.`)
  )

export const journalOptions = {
  journal: file("journal", "Append an audit trail of changes to this file."),
  actor: text("actor", "name").pipe(
    optional("The name in the journal. Default: CHECKPOINT_PERMISSIONS_ACTOR, GITHUB_ACTOR, USER or the user id.")
  )
}

export const changeOptions = { checkpoint, projects, yes, dryRun, json, ...journalOptions }

export const defaultMaxRevokes = 10

export const applyOptions = {
  yes,
  dryRun,
  maxRevokes: maxRevokes(defaultMaxRevokes),
  ...journalOptions,
  out: out("Save the executed plan in this file."),
  force,
  maxDuration,
  json: flag("json", "Print a line of JSON for each step, and a summary."),
  format: planFormat
}

export type ApplyOptions = OptionsOf<typeof applyOptions>

export const lockOptions = { noLock: flag("no-lock", "Do not lock, and ignore the locks of other runs.") }

export const sourceOptions = {
  file: texts("file", "policy", "A policy, for its checkpoints and owners. Several files are one policy."),
  projectKeys
}

export const serverOptions = {
  apiUrl: text("api-url", "url").pipe(
    optional(
      "Base URL. Default: OPENAI_BASE_URL, then https://api.openai.com/v1. A host other than OpenAI's or this machine is printed, since it receives the key."
    )
  ),
  adminKeyFile: file("admin-key-file", "File with the admin key and nothing else. Default: OPENAI_ADMIN_KEY."),
  authHeader: text("auth-header", "name").pipe(
    optional("bearer (the default), or the header of the key, such as api-key.")
  ),
  allowInsecureHttp: flag("allow-insecure-http", "Allow plain http to another machine. The key is not encrypted."),
  fake: flag(
    "fake",
    "Use a fake server in this process, without key or network: proj_001 to proj_025 have access there, proj_026 to proj_030 have none."
  ),
  seedFile: file("seed-file", 'With --fake: its initial state, as JSON: {"<checkpoint>": ["<project>", …], …}.')
}

const parsedRate = parsed(parseRate, "not a rate: pass requests a minute, hour or second, such as 10/minute")

const readRate: Parser<Rate> = (text) =>
  Either.flatMap(parsedRate(text), (rate) => {
    const refusal = refuseFixed({ requests: rate.requests, per: Duration.toMillis(rate.per) })
    return refusal === undefined ? Either.right(rate) : Either.left(refusal)
  })

export const rateOrVariable = (rate: Option.Option<Rate>) => orVariable(rate, "CHECKPOINT_PERMISSIONS_RATE", readRate)

export const rate = option("rate", "n/minute", readRate).pipe(
  optional(
    "Rate limit for each kind of request, such as 10/minute. Default: CHECKPOINT_PERMISSIONS_RATE, then what the server accepts."
  )
)
