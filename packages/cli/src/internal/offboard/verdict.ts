/** The verdict of an offboarding as a document and as text: its endings, its sources, and its failure. */

import type { Offboarded } from "@checkpoint-permissions/access/Access"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as History from "@checkpoint-permissions/access/History"
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable, printableId, singleLine } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { timeSpan } from "../apply/tally.ts"
import type { Signal } from "../exitCode.ts"
import { incomplete } from "../failure.ts"
import type { statedOwners } from "../input/owners.ts"
import { ownerNote } from "../output/audit.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"

const { Int, TaggedStruct } = Schema

const Ending = Schema.Union(
  TaggedStruct("Interrupted", { unverified: Int, remaining: Int }),
  TaggedStruct("LimitReached", { remaining: Int }),
  TaggedStruct("NotRemoved", { unread: Int, listed: Int, total: Int }),
  TaggedStruct("StillOwner", { checkpoints: Int }),
  TaggedStruct("LogIncomplete", { reason: Schema.String }),
  TaggedStruct("FindIncomplete", { reason: Schema.String }),
  TaggedStruct("ProjectNotSeen", {}),
  TaggedStruct("OwnersUnknown", { checkpoints: Int }),
  TaggedStruct("Removed", {})
)

const runFields = {
  apiUrl: Schema.String,
  organization: Schema.optional(Schema.String),
  /** The command line. */
  command: Schema.String,
  /** The version of the program. */
  programVersion: Schema.String,
  actor: Schema.NullOr(Schema.String)
}

/** The server, the command and the actor of a verdict. */
export type Origin = Schema.Struct.Type<typeof runFields>

/** The schema of a verdict, which `offboard --json` prints last and `--out` saves. */
export const Document = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/offboarding"),
  version: Schema.Literal(4),
  ...runFields,
  /** Start of the offboarding. */
  startedAt: Schema.DateTimeUtc,
  finishedAt: Schema.DateTimeUtc,
  project: ProjectId,
  endings: Schema.Array(Ending),
  revoked: Schema.Array(PermissionId),
  readFrom: Schema.optional(Schema.DateTimeUtc),
  readAt: Schema.optional(Schema.DateTimeUtc),
  /** The time of the oldest event that was read. */
  logSince: Schema.optional(Schema.DateTimeUtc),
  /** The check of the server's filter by project. Only if it works, listings asked for the project alone. */
  filter: Schema.Literal("works", "wrong", "not checked"),
  checkpoints: Schema.Array(
    Schema.Struct({
      checkpoint: CheckpointId,
      state: Schema.Literal("removed", "gone", "owner", "listed", "unread"),
      isInLog: Schema.Boolean,
      /** The owner that the server named: its key lists the model's job, or a grant was refused. Missing if unknown. */
      owner: Schema.optional(ProjectId),
      ownerSource: Schema.optional(Schema.Literal("job", "refusal")),
      readFrom: Schema.optional(Schema.DateTimeUtc),
      readAt: Schema.optional(Schema.DateTimeUtc),
      reason: Schema.optional(Schema.String),
      /** The permissions of the project in the last read. */
      permissions: Schema.Array(Schema.Struct({ id: PermissionId, createdAt: Schema.DateTimeUtc }))
    })
  ),
  /** The changes of the project in the log. */
  history: History.History
}).annotations({ identifier: "Offboarding" })

const encode = Schema.encodeSync(Document)

/** Returns the verdict as plain data. */
const documentOf = (verdict: Offboarded, { finishedAt, origin }: Pick<Sources, "finishedAt" | "origin">) => {
  const { history, read } = verdict
  return encode({
    ...verdict,
    format: "checkpoint-permissions/offboarding",
    version: 4,
    ...origin,
    startedAt: history.requestedAt,
    finishedAt,
    readFrom: read?.from,
    readAt: read?.to,
    checkpoints: verdict.checkpoints.map(({ row, ...checkpoint }) => ({
      ...checkpoint,
      readFrom: row?.readFrom,
      readAt: row?.readAt,
      reason: row?.complete === false ? row.reason : undefined,
      permissions: (row?.permissions ?? []).flatMap(({ created_at, id, project_id }) =>
        project_id === verdict.project ? [{ id, createdAt: DateTime.unsafeMake(created_at * 1000) }] : []
      )
    }))
  })
}

/** Returns the verdict as a line of JSON. */
export const toJson = (verdict: Offboarded, sources: Pick<Sources, "finishedAt" | "origin">): string =>
  jsonLine(documentOf(verdict, sources))

/** The sources of a report, which are printed beside the verdict. */
export interface Sources {
  /** The project with its name. */
  readonly project: string
  /** The files that name checkpoints: policies and those of `--from`. */
  readonly files: ReadonlyArray<string>
  /** The files of `--from` that have owners from the server. */
  readonly ownerFiles: ReadonlyArray<string>
  /** The owners that policies and other documents state. */
  readonly stated: ReturnType<typeof statedOwners>
  /** The number of used project keys, and the number of projects. `undefined` if no project keys are given. */
  readonly keys: { readonly used: number; readonly projects: number } | undefined
  /** False with `--without-log`. */
  readonly isLogAsked: boolean
  readonly permissionsOnly: boolean
  readonly origin: Origin
  readonly finishedAt: DateTime.Utc
}

const keysText = ({ projects, used }: NonNullable<Sources["keys"]>): string =>
  `keys of ${used} of ${pluralize(projects, "project")}`

const joined = (parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join("; ")

/** Returns the checkpoints of the verdict with the span of their reads. `all` is the word before their number. */
const checked = ({ checkpoints, read }: Offboarded, { files, isLogAsked }: Sources, all: string): string => {
  const count = pluralize(checkpoints.length, isLogAsked ? "known checkpoint" : "checkpoint")
  const of = isLogAsked ? count : `${count} in ${files.map((file) => printable(file)).join(", ")}`
  return `${all}${of}${read === undefined ? "" : ` (read ${timeSpan([read.from, read.to])})`}`
}

/** Returns the checkpoints whose owner the server did not name. */
const withoutOwner = ({ checkpoints }: Offboarded) =>
  checkpoints.filter(({ owner, state }) => owner === undefined && state !== "gone")

/** Returns a statement about the unknown owners for each file that names them. */
const statements = (verdict: Offboarded, { stated }: Sources): ReadonlyArray<string> => {
  const unknown = new Set<string>(withoutOwner(verdict).map(({ checkpoint }) => checkpoint))
  return Object.entries(Arr.groupBy(stated, ({ file = "policy" }) => file)).flatMap(([file, all]) => {
    const about = all.filter(({ checkpoint }) => unknown.has(checkpoint))
    const own = new Set(about.flatMap(({ checkpoint, owner }) => (owner === verdict.project ? [checkpoint] : []))).size
    const others = new Set(about.map(({ checkpoint }) => checkpoint)).size - own
    return [
      ...(own === 0 ? [] : [`${printable(file)} names it as the owner of ${own} of them`]),
      ...(others === 0 ? [] : [`${printable(file)} names other owners for ${others} of them`])
    ]
  })
}

/** Returns the sentence about unknown owners. `them` are the checkpoints with an unknown owner. */
const ownersUnknown = (verdict: Offboarded, sources: Sources, them: string): string => {
  const knownOwners = verdict.checkpoints.filter(({ owner }) => owner !== undefined).length
  const known = knownOwners === 0 ? "" : ` (${pluralize(knownOwners, "owner")} known)`
  const stated = statements(verdict, sources)
  const advice = stated.length === 0 ? "pass --project-keys or an inventory" : "pass --project-keys to know"
  return joined([`Not known: whether ${sources.project} owns ${them}${known}`, ...stated, advice])
}

/** Returns the sources of the known owners: `12 by jobs (keys of 2 of 3 projects, inventory.json), 1 by a refusal`. */
const ownersFrom = ({ checkpoints }: Offboarded, { keys, ownerFiles }: Sources): string => {
  const count = (source: string) => checkpoints.filter(({ ownerSource }) => ownerSource === source).length
  const [jobs, refusals] = [count("job"), count("refusal")]
  const files = [...(keys === undefined ? [] : [keysText(keys)]), ...ownerFiles.map((file) => printable(file))].join(
    ", "
  )
  return [
    ...(jobs === 0 ? [] : [`${jobs} by jobs${files === "" ? "" : ` (${files})`}`]),
    ...(refusals === 0 ? [] : [`${refusals} by a refusal of the server`])
  ].join(", ")
}

/** Returns the first line of the text, if no permission is left. */
const firstLine = (verdict: Offboarded, sources: Sources): string | undefined => {
  const [first] = verdict.endings
  const { length } = verdict.checkpoints
  if (first._tag === "OwnersUnknown") {
    const them =
      length === 1 ? "it" : first.checkpoints === length ? "any of them" : `any of ${first.checkpoints} of them`
    return `No permission left at ${checked(verdict, sources, "")}. ${ownersUnknown(verdict, sources, them)}`
  }
  const all = checked(verdict, sources, length === 1 ? "the " : "all ")
  if (first._tag !== "Removed") return undefined
  return `✓ ${sources.permissionsOnly ? "No permission left at" : "Removed from"} ${all}`
}

const messageOf = (ending: Offboarded["endings"][number], verdict: Offboarded, sources: Sources): string => {
  switch (ending._tag) {
    case "Interrupted":
      return joined([
        `Interrupted: ${pluralize(verdict.revoked.length, "permission")} revoked, ${pluralize(ending.unverified, "checkpoint")} not verified`,
        ending.remaining === 0 ? "" : `${pluralize(ending.remaining, "permission")} remaining`
      ]).concat(". Run the same command again")
    case "LimitReached":
      return `Stopped after ${pluralize(verdict.revoked.length, "delete")}: ${pluralize(ending.remaining, "permission")} remaining, --max-revokes reached`
    case "NotRemoved":
      return `Not removed everywhere: ${joined([
        ending.unread === 0 ? "" : `${ending.unread} of ${pluralize(ending.total, "checkpoint")} could not be read`,
        ending.listed === 0 ? "" : `${ending.listed} of ${pluralize(ending.total, "checkpoint")} still list it`
      ])}`
    case "StillOwner":
      return `Still has access to ${pluralize(ending.checkpoints, "checkpoint")} as ${ending.checkpoints === 1 ? "its" : "their"} owner`
    case "LogIncomplete":
      return `Audit log incomplete: other checkpoints may exist (${singleLine(ending.reason)})`
    case "FindIncomplete":
      return `Other checkpoints may exist: ${singleLine(ending.reason)}`
    case "ProjectNotSeen":
      return verdict.checkpoints.length === 0
        ? `No checkpoint is known, nothing was removed: pass --from or --project-keys`
        : `No trace of ${sources.project}: nothing was removed`
    case "OwnersUnknown":
      return ownersUnknown(
        verdict,
        sources,
        `${ending.checkpoints === 1 ? "" : "any of "}${pluralize(ending.checkpoints, "checkpoint")}`
      )
    case "Removed":
      return ""
  }
}

/** Returns the sources of the known checkpoints: the log with its first day, keys, and files. */
const knownFrom = ({ history, logSince }: Offboarded, { files, isLogAsked, keys }: Sources): string => {
  const { failure } = history
  const withoutEvents = failure === undefined ? "audit log (empty)" : `audit log not read: ${singleLine(failure)}`
  const log = logSince === undefined ? withoutEvents : `audit log since ${DateTime.formatIsoDateUtc(logSince)}`
  return [
    ...(isLogAsked ? [log] : []),
    ...(keys === undefined ? [] : [keysText(keys)]),
    ...files.map((file) => printable(file))
  ].join(", ")
}

/** Reasons why each listing was read whole. */
const wholeListings = {
  wrong: "the server's filter by project hides permissions: each listing was read whole",
  "not checked": "the server's filter by project was not checked: each listing was read whole"
}

const second = (time: DateTime.Utc): string => DateTime.formatIso(time).slice(0, 19).replace("T", " ")

/** Returns the lines below the endings. */
const details = (verdict: Offboarded, sources: Sources): ReadonlyArray<string> => {
  const { checkpoints, filter, read, revoked } = verdict
  const gone = checkpoints.flatMap(({ checkpoint, state }) => (state === "gone" ? [printableId(checkpoint)] : []))
  const { finishedAt, origin } = sources
  const unknown = withoutOwner(verdict).length
  const owners = ownersFrom(verdict, sources)
  const from = knownFrom(verdict, sources)
  return [
    `${pluralize(revoked.length, "permission")} revoked, ${pluralize(checkpoints.length, "checkpoint")} known${from === "" ? "" : ` (sources: ${from})`}`,
    ...(gone.length === 0 ? [] : [`gone: ${gone.join(", ")}`]),
    ...(unknown === 0 || !sources.permissionsOnly
      ? []
      : [`${pluralize(unknown, "checkpoint")} with an unknown owner: ${ownerNote}`]),
    ...(owners === "" ? [] : [`Owners: ${owners}`]),
    ...(filter === "works" || read === undefined ? [] : [wholeListings[filter]]),
    `Command: ${printable(origin.command)}, version ${origin.programVersion}`,
    `Time: ${second(verdict.history.requestedAt)} – ${second(finishedAt)} UTC`,
    `Actor: ${origin.actor === null ? "unknown" : singleLine(origin.actor)}`,
    `Server: ${[origin.apiUrl, ...(origin.organization === undefined ? [] : [origin.organization])].map(printable).join(", ")}`
  ]
}

/** Returns a line for each checkpoint that is not verified, or that the project owns. */
const problems = ({ checkpoints }: Offboarded): ReadonlyArray<string> =>
  checkpoints.flatMap(({ checkpoint, row, state }) => {
    const at = printableId(checkpoint)
    switch (state) {
      case "removed":
      case "gone":
        return []
      case "owner":
        return [`${at}: the project owns the model`]
      case "listed":
        return [`${at}: still lists the project`]
      case "unread":
        return [`${at}: ${row?.complete === false ? singleLine(row.reason) : "not read after the last delete"}`]
    }
  })

/** Returns a line for each checkpoint at which a dry run found permissions. */
const openLines = ({ checkpoints, project }: Offboarded): ReadonlyArray<string> =>
  checkpoints.flatMap(({ checkpoint, row, state }) => {
    const permissions = row?.permissions.filter(({ project_id }) => project_id === project) ?? []
    return state === "listed"
      ? [`would revoke ${pluralize(permissions.length, "permission")} at ${printableId(checkpoint)}`]
      : []
  })

/** Returns true if everything was read. */
export const isComplete = ({ endings }: Offboarded): boolean =>
  endings.every(
    (ending) =>
      ending._tag !== "Interrupted" &&
      ending._tag !== "LogIncomplete" &&
      ending._tag !== "FindIncomplete" &&
      !(ending._tag === "NotRemoved" && ending.unread > 0)
  )

/** Returns the failure of a verdict, or `undefined` if the project has no access left. */
export const failureOf = (verdict: Offboarded, sources: Sources, signal: Signal | undefined, dryRun: boolean) => {
  const isExpected = (ending: Offboarded["endings"][number]) =>
    ending._tag === "Removed" ||
    (dryRun && (ending._tag === "LimitReached" || (ending._tag === "NotRemoved" && ending.unread === 0)))
  const wrong = verdict.endings.filter((ending) => !isExpected(ending))
  return wrong.length === 0
    ? undefined
    : incomplete(`offboard: ${wrong.map((ending) => messageOf(ending, verdict, sources)).join("; ")}`, signal)
}

/** Prints the verdict and the remaining problems. */
export const show = Effect.fnUntraced(function* (
  options: { readonly dryRun: boolean; readonly json: boolean },
  verdict: Offboarded,
  sources: Sources,
  policies: ReadonlyArray<AccessPolicy.Source>
) {
  const screen = yield* Screen.Screen
  if (options.json) yield* screen.print(toJson(verdict, sources))
  else {
    const first = firstLine(verdict, sources)?.replace(/^✓/, screen.out.green)
    const lines = [
      ...(options.dryRun ? openLines(verdict) : []),
      ...(first === undefined ? [] : [first]),
      ...details(verdict, sources)
    ]
    yield* screen.print(lines.map((line) => `${line}\n`).join(""))
  }
  yield* Effect.forEach(options.dryRun ? [] : problems(verdict), screen.warn)
  for (const { column, file = "", in: where, line, project } of yield* AccessPolicy.sourceLocations(policies, [
    verdict.project
  ])) {
    yield* screen.warn(
      `${printable(file)}:${line}:${column}: ${printable(where)} would grant ${printableId(project)} again at the next apply: remove it`
    )
  }
})
