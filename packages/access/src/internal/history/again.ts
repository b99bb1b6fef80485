import { Organization } from "@checkpoint-permissions/client/Organization"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInputError, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Access } from "../../Access.ts"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import type { AuditOptions } from "../audit/options.ts"
import { annotated } from "../inventory/annotate.ts"
import type { Change, History } from "./model.ts"
import { changesSince, historyOf, type Known, recordedIn } from "./read.ts"

/** @category models */
export interface AuditAgainOptions
  extends Pick<AuditOptions, "concurrency" | "names" | "onRow" | "owners" | "stop">,
    Omit<Known, "audits"> {
  readonly checkpoints?: ReadonlyArray<string> | undefined
  /** Read every checkpoint, whatever the log says. Default: false. */
  readonly readAll?: boolean | undefined
}

/**
 * An audit that went by the log.
 *
 * @category models
 */
export interface AuditAgain {
  /** The next audit. Rows that were not read again are as they were. */
  readonly matrix: AccessMatrix
  /** Why every checkpoint was read, if the log could not say where to look. */
  readonly why?: Events.WhyAll
  /** What the log showed since the oldest row, if it could be read. */
  readonly history?: History
}

const savedRow = ({ checkpoint, complete, permissions, readFrom }: Row): Events.SavedRow => ({
  checkpoint,
  complete,
  permissions,
  readFrom: readFrom && DateTime.toEpochMillis(readFrom)
})

const isCheckpoint = Schema.is(CheckpointId)

/** A row that was read again, with what the audit before knew besides and who granted what by the log. */
const remembered = (
  row: Row,
  { owner, permissions = [], retires }: Partial<Row>,
  changes: ReadonlyArray<Change>
): Row =>
  annotated(
    row,
    owner,
    retires,
    new Map([
      ...changes.map(
        ({ action, by, permission }) => [action === "grant" ? permission : "", by.user ?? by.key] as const
      ),
      ...permissions.flatMap(({ by, id }) => (by === undefined ? [] : [[id, by] as const]))
    ])
  )

/**
 * Audits what an earlier audit had, going by the audit log: reads the checkpoints that have events since, those without
 * a row, and the oldest rows, up to ten lists together; carries the other rows over. Reads every checkpoint if the log
 * cannot be trusted to say where to look.
 *
 * A row that is carried over is as old as it was: the log had shown no event of it, which does not say that nothing was
 * changed.
 *
 * Fails with `InvalidInputError` for an audit of another server or organization, or of one project.
 *
 * @category operations
 */
export const auditAgain = (
  previous: AccessMatrix,
  options: AuditAgainOptions = {}
): Effect.Effect<AuditAgain, PermissionsError, Access | Organization> =>
  Effect.gen(function* () {
    if (previous.project !== undefined) {
      const reason = "it asked about one project: audit anew"
      return yield* new InvalidInputError({ operation: "list", field: "previous", reason })
    }
    const { audit } = yield* Access
    const organization = yield* Organization
    const known: Known = { ...options, audits: [previous] }
    const rows = previous.rows.map(savedRow)
    const from = Events.since(rows)
    const since = from === undefined ? previous.createdAt : DateTime.unsafeMake(from)
    const askedAt = yield* DateTime.now
    const asked = yield* Effect.either(
      Effect.all({
        log: changesSince(organization, since, known),
        reachesBack: from === undefined ? Effect.succeed(true) : shows(organization.events({ until: since }))
      })
    )
    const changes = Either.match(asked, { onLeft: () => [], onRight: ({ log }) => log.changes })

    const granted = Events.live(changes).flatMap(({ checkpoint }) => (isCheckpoint(checkpoint) ? [checkpoint] : []))
    const wanted = [
      ...new Set([...previous.rows.map(({ checkpoint }) => checkpoint), ...(options.checkpoints ?? []), ...granted])
    ]
    const first = Events.toRead(wanted, rows, {
      askedAt: DateTime.toEpochMillis(askedAt),
      changes,
      refused: Either.isLeft(asked) ? asked.left.message : undefined,
      reachesBack: Either.isRight(asked) && asked.right.reachesBack,
      recorded: recordedIn(organization.server, options.journal)
    })
    const toRead = new Set(options.readAll === true ? wanted : first.checkpoints)
    const { concurrency, names, onRow, owners, stop } = options
    const rest = { concurrency, names, onRow, owners, stop }
    const carriedOver = { ...previous, rows: previous.rows.filter(({ checkpoint }) => !toRead.has(checkpoint)) }
    let matrix = yield* audit(wanted, { ...rest, previous: carriedOver })

    const saved = new Map<string, Events.SavedRow>(rows.map((row) => [row.checkpoint, row]))
    const read = matrix.rows.filter(({ checkpoint }) => toRead.has(checkpoint))
    const unexplained = read.map((row) => {
      const former = saved.get(row.checkpoint)
      return former && Events.unexplained(former, savedRow(row), changes)
    })
    const why = first.why ?? unexplained.find((one) => one !== undefined)
    if (why !== undefined && first.why === undefined) {
      matrix = yield* audit(wanted, { ...rest, previous: { ...matrix, rows: read } })
    }
    const former = new Map(previous.rows.map((row) => [row.checkpoint, row]))
    matrix = {
      ...matrix,
      rows: matrix.rows.map((row) => remembered(row, former.get(row.checkpoint) ?? {}, changes))
    }
    if (Either.isLeft(asked)) return { matrix, ...(why === undefined ? {} : { why }) }
    const { namesUnread } = asked.right.log
    const history = historyOf(organization, known, {
      askedAt,
      since,
      changes,
      ...(namesUnread === undefined ? {} : { namesUnread })
    })
    return { matrix: { ...matrix, log: { askedAt, changes } }, history, ...(why === undefined ? {} : { why }) }
  }).pipe(Effect.withSpan("Access.auditAgain", { captureStackTrace: false }))

/** Whether there is anything in a stream. */
const shows = <A, E>(stream: Stream.Stream<A, E>): Effect.Effect<boolean, E> =>
  Effect.map(Stream.runHead(stream), Option.isSome)
