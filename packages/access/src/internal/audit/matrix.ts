/** The schemas of an audit's result, and the options of an audit. */
import { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { Actor, Seconds } from "../history/changes.ts"
import { decodeFile, jsonLines, optional, serverFields } from "../json.ts"
import { record } from "../policy/record.ts"

const strict = { parseOptions: { onExcessProperty: "error" } } as const

/** A permission in an audit, with some of the API's fields. */
export const AuditPermission = Schema.Struct({
  id: PermissionId,
  project_id: ProjectId,
  /** Unix seconds. An ISO 8601 time in JSON. */
  created_at: Seconds,
  /** The actor that created it, or the reason why none is known. Missing if the audit log was not requested. */
  by: optional(Schema.Union(Actor, Schema.Literal("not in the log", "not searched")))
}).annotations({ identifier: "AuditPermission", ...strict })

export interface AuditPermission extends Schema.Schema.Type<typeof AuditPermission> {}

export const Names = record(Schema.String, Schema.String, {
  title: "Names",
  description: "Display names of projects, shown beside their ids.",
  message: () => "names is not a mapping from project ids to names"
})

const day = Schema.String.pipe(Schema.pattern(/^\d{4}-\d{2}-\d{2}$/))

const ReviewedProject = Schema.Struct({
  project: ProjectId,
  /** The last day of the access in the policy, and its reason. */
  until: optional(day),
  reason: optional(Schema.String),
  /** Facts for the reviewer. A permission of the day of the last review counts as younger. */
  marks: Schema.Array(
    Schema.Literal(
      "not in the policy",
      "not in the policy (mode: at-least)",
      "ended",
      "in the policy, no access",
      "granted since the last review"
    )
  )
}).annotations({ identifier: "ReviewedProject", ...strict })

const ReviewedEntry = Schema.Struct({
  /** The file of the entry. Missing for a policy that was made in code. */
  file: optional(Schema.String),
  lastReview: optional(day),
  /** The first day on which the entry is due. Missing if no last review counts, and without `reviewEvery`. */
  dueSince: optional(day),
  isDue: Schema.Boolean,
  projects: Schema.Array(ReviewedProject)
}).annotations({ identifier: "ReviewedEntry", ...strict })

const ReviewedFile = Schema.Struct({
  file: Schema.String,
  /** The number of its entries without their own `lastReview`, and of those that were not listed or not read. */
  entries: Schema.Int,
  notReviewed: Schema.Int,
  /** Listed entries whose access differs from the policy. */
  differing: Schema.Array(CheckpointId),
  /** Listed and read entries with their own `lastReview`, and its line. */
  own: Schema.Array(Schema.Struct({ checkpoint: CheckpointId, line: Schema.Int }))
}).annotations({ identifier: "ReviewedFile", ...strict })

/**
 * The source of an owner: a key of the project lists the model's job, the server refused a grant, or a policy names it. A
 * policy is a statement of a person: it answers no question about access.
 */
export const OwnerSource = Schema.Literal("job", "refusal", "policy")

export type OwnerSource = typeof OwnerSource.Type

const of = {
  checkpoint: CheckpointId,
  /** The day on which the model retires, as `YYYY-MM-DD`, if known. */
  retires: optional(Schema.String),
  /** The project that owns the model, if known: it always has access. In JSON `null` if unknown. */
  owner: Schema.optionalToOptional(Schema.NullOr(ProjectId), Schema.typeSchema(ProjectId), {
    decode: Option.filter(Predicate.isNotNull),
    encode: Option.orElseSome(() => null)
  }),
  /** Missing without an owner, and in audits of earlier versions: such an owner counts as one of a policy. */
  ownerSource: optional(OwnerSource),
  /** True if the log was read to its end, and no event in it names the checkpoint. */
  notInLog: optional(Schema.Literal(true)),
  /** In a review. */
  review: optional(ReviewedEntry),
  /** In the order of the listing, oldest first. A project may have several. */
  permissions: Schema.Array(AuditPermission)
}

const times = {
  /** The time before the first request. Later changes may be missing. Absent in audits of earlier versions. */
  readFrom: optional(Schema.DateTimeUtc),
  readAt: Schema.DateTimeUtc
}

const complete = { complete: Schema.Literal(true) }

const incomplete = {
  complete: Schema.Literal(false),
  reason: Schema.String,
  /** True if the API answered that the checkpoint does not exist. */
  notFound: optional(Schema.Literal(true))
}

/**
 * A checkpoint of an audit. If a row is not `complete`, it has a `reason`, and permissions that it lacks are unknown.
 */
export const Row = Schema.Union(
  Schema.Struct({ ...of, ...times, ...complete }).annotations(strict),
  Schema.Struct({ ...of, ...times, ...incomplete }).annotations(strict)
).annotations({ identifier: "AccessMatrixRow" })

export type Row = typeof Row.Type

const head = {
  format: Schema.Literal("checkpoint-permissions/matrix"),
  version: Schema.Literal(3),
  createdAt: Schema.DateTimeUtc,
  ...serverFields,
  /** The one project whose permissions were listed. The access of others is unknown. */
  project: optional(ProjectId),
  names: Names,
  /** The reason why the audit log, or a part of it, could not be read. Actors of grants may be missing then. */
  logFailure: optional(Schema.String),
  /** The time of the oldest change in the audit log, if the log was read to its end. */
  logSince: optional(Schema.DateTimeUtc),
  /** The reason why the list of projects could not be read. Names are missing then, and ids were not checked. */
  projectsFailure: optional(Schema.String),
  /**
   * Missing in an audit. In a review: the current day, the day by which listed entries are due, the number of entries, and
   * of those without `reviewEvery`.
   */
  review: optional(
    Schema.Struct({
      day,
      dueBy: day,
      entries: Schema.Int,
      neverDue: optional(Schema.Int),
      files: optional(Schema.Array(ReviewedFile))
    })
  ),
  /** Projects that were requested as columns, even without access. */
  projects: Schema.Array(ProjectId)
}

/** A row in a file: without its times, so that the rows of two files differ only if the access differs. */
const FileRow = Schema.Union(
  Schema.Struct({ ...of, ...complete }).annotations(strict),
  Schema.Struct({ ...of, ...incomplete }).annotations(strict)
)

const File = Schema.Struct({
  ...head,
  rows: Schema.Array(FileRow).pipe(
    Schema.filter((rows) =>
      new Set(rows.map(({ checkpoint }) => checkpoint)).size === rows.length ? undefined : "a checkpoint has two rows"
    )
  ),
  /** The times of each checkpoint's read. */
  times: record(Schema.String, Schema.Struct(times), {
    title: "Times",
    description: "The times of each checkpoint's read.",
    message: () => "times is not a mapping from checkpoints to the times of their reads"
  })
}).annotations({ identifier: "AccessMatrix", ...strict })

/**
 * The checkpoints × projects of an audit. Query it with `cell`, `projects` and `counts`. In a file, the times of the rows
 * are behind them, in `times`.
 */
export const AccessMatrix = Schema.transformOrFail(
  File,
  Schema.typeSchema(Schema.Struct({ ...head, rows: Schema.Array(Row) })),
  {
    strict: true,
    decode: ({ rows, times, ...head }, _, ast, encoded) => {
      const timed = rows.flatMap((row) => {
        const time = Object.hasOwn(times, row.checkpoint) ? times[row.checkpoint] : undefined
        return time === undefined ? [] : [{ ...row, ...time }]
      })
      return timed.length === rows.length && rows.length === Object.keys(times).length
        ? ParseResult.succeed({ ...head, rows: timed })
        : ParseResult.fail(new ParseResult.Type(ast, encoded, "rows and times have different checkpoints"))
    },
    encode: ({ rows, ...head }) =>
      ParseResult.succeed({
        ...head,
        rows: rows.map(({ readAt: _, readFrom: __, ...row }) => row),
        times: Object.fromEntries(
          rows.map(({ checkpoint, readAt, readFrom }) => [
            checkpoint,
            readFrom === undefined ? { readAt } : { readFrom, readAt }
          ])
        )
      })
  }
)

export interface AccessMatrix extends Schema.Schema.Type<typeof AccessMatrix> {}

/**
 * A project's access to a checkpoint. `Access`: by one or more permissions. `Owner`: it owns the model and always has
 * access; with the source `policy`, only a policy names it. `None`: no access, since the server named another owner.
 * `NoPermission`: access only if it owns the model, whose owner is unknown. `Unknown`: with the reason.
 */
export type Cell =
  | { readonly _tag: "Access"; readonly since: DateTime.Utc; readonly permissions: number }
  | { readonly _tag: "Owner"; readonly source: OwnerSource }
  | { readonly _tag: "None" }
  | { readonly _tag: "NoPermission" }
  | { readonly _tag: "Unknown"; readonly reason: string }

const decode = decodeFile(AccessMatrix, { format: "checkpoint-permissions/matrix", version: 3 })

/** The error of a text that is not a matrix. */
export class InvalidMatrix extends Schema.TaggedError<InvalidMatrix>()("InvalidMatrix", {
  detail: Schema.String
}) {
  override get message(): string {
    return `the audit cannot be read (${this.detail}): make it again with this version`
  }
}

/**
 * Returns the matrix as a file without loss: JSON with a line for each checkpoint, then a line for the times of
 * each. No character in it controls a terminal.
 *
 * @category files
 */
export const toJson: (matrix: AccessMatrix) => string = jsonLines(AccessMatrix, "rows", "times")

/**
 * Reads a matrix from the result of `toJson`.
 *
 * @category files
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<AccessMatrix, InvalidMatrix> =>
  Effect.mapError(decode(text, options?.sha256), (detail) => new InvalidMatrix({ detail }))

/** The progress of a long read. */
export interface Progress {
  readonly done: number
  readonly failed: number
  readonly total: number
}

/** The options of an audit. */
export interface AuditOptions {
  /** The number of checkpoints that are read concurrently. Default: 8. */
  readonly concurrency?: number | undefined
  /** Projects to show as columns even without any access. */
  readonly projects?: ReadonlyArray<string> | undefined
  /**
   * Lists only the permissions of this project, with one request per checkpoint. The access of other projects is
   * unknown then. Default: all projects.
   */
  readonly project?: string | undefined
  /** The names of projects, by their ids. */
  readonly names?: { readonly [project: string]: string } | undefined
  /** The owners by the models' jobs. No listing shows them. */
  readonly owners?: { readonly [checkpoint: string]: string } | undefined
  /** Called with each row that was read, one at a time. */
  readonly onRow?: ((row: Row, progress: Progress) => Effect.Effect<void>) | undefined
  /** When this completes, no further request is sent. Checkpoints that were not read by then are unknown. */
  readonly stop?: Effect.Effect<unknown> | undefined
}
