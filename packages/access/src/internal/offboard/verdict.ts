/** The verdict of an offboarding. */
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import type { Row } from "../audit/matrix.ts"
import type { History } from "../history/model.ts"
import { endingsOf, loggedAccess, stateOf } from "./decide.ts"
import type { Log } from "./log.ts"
import type { Offboarded, OffboardedCheckpoint, OpenPermission } from "./model.ts"

/** The results of an offboarding's reads and deletes. */
export interface Records {
  readonly project: ProjectId
  readonly head: Pick<History, "apiUrl" | "requestedAt" | "organization">
  readonly known: ReadonlyArray<CheckpointId>
  readonly rows: ReadonlyMap<CheckpointId, Row>
  /** Permissions of the project that reads showed. */
  readonly found: ReadonlyArray<OpenPermission>
  readonly log: Log
  readonly isLogAsked: boolean
  /** The time of the oldest event in the first read of the log, in Unix seconds. */
  readonly oldestEvent: number | undefined
  /** The owner of each checkpoint, if known. */
  readonly owners: ReadonlyMap<string, string>
  readonly deletes: {
    readonly exceeded: ReadonlySet<string>
    readonly gone: ReadonlySet<string>
    readonly lastDeletes: ReadonlyMap<string, number>
    readonly owned: ReadonlySet<string>
    readonly revoked: ReadonlyArray<OpenPermission>
  }
  readonly notBefore: ReadonlyMap<string, number>
  readonly isStopped: boolean
}

/** Returns the changes of the project, and those of an unknown project whose permissions the reads show as its own. */
const historyOf = ({ found, head, isLogAsked, log, project }: Records): History => {
  const places = found.map(({ checkpoint, id }) => ({ permission: id, project, checkpoint }))
  const changes = Events.join(log.events, places).filter((change) => change.project === project)
  const failure = isLogAsked ? log.failure : "not read"
  return {
    format: "checkpoint-permissions/history",
    version: 2,
    ...head,
    ...(failure === undefined ? {} : { failure }),
    changes: changes.toReversed()
  }
}

/** Returns the verdict from the results of the run. */
export const offboardedOf = (records: Records): Offboarded => {
  const { deletes, found, isLogAsked, isStopped, known, log, notBefore, oldestEvent, owners, project, rows } = records
  const logged = loggedAccess(log.changes, project)
  const inLog = new Set<string>(logged.checkpoints)
  const all = [...rows.values()]
  const complete = all.filter((row) => row.complete)
  const shown = new Set<string>(all.flatMap(({ permissions }) => permissions.map(({ id }) => id)))
  const checkpoints = known.map((checkpoint): OffboardedCheckpoint => {
    const row = rows.get(checkpoint)
    const lastDelete = Math.max(deletes.lastDeletes.get(checkpoint) ?? 0, notBefore.get(checkpoint) ?? 0)
    const isOwner = deletes.owned.has(checkpoint)
    const state = stateOf({ row, lastDelete, isOwner }, project, complete.length > 0)
    return { checkpoint, state, isInLog: inLog.has(checkpoint), ...(row === undefined ? {} : { row }) }
  })
  const ofProject = all.flatMap(({ checkpoint, permissions }) =>
    deletes.owned.has(checkpoint) ? [] : permissions.filter(({ project_id }) => project_id === project)
  )
  const open = new Set<string>([...logged.open, ...ofProject].map(({ id }) => id))
  const spans = complete.flatMap(({ readAt, readFrom = readAt }) => [{ from: readFrom, to: readAt }])
  const read = spans.reduce<Offboarded["read"]>(
    (span, { from, to }) => ({ from: DateTime.min(span?.from ?? from, from), to: DateTime.max(span?.to ?? to, to) }),
    undefined
  )
  return {
    _tag: "Offboarded",
    project,
    endings: endingsOf({
      states: checkpoints.map(({ state }) => state),
      isStopped,
      exceeded: [...deletes.exceeded].filter((id) => !deletes.gone.has(id)).length,
      remaining: [...open].filter((id) => !deletes.gone.has(id)).length,
      logFailure: isLogAsked ? log.failure : undefined,
      unplaced: logged.withoutCheckpoint.filter((id) => id === undefined || !(shown.has(id) || deletes.gone.has(id)))
        .length,
      hasTrace: logged.isSeen || found.length > 0 || known.some((one) => deletes.owned.has(one))
    }),
    revoked: deletes.revoked.map(({ id }) => id),
    checkpoints,
    ...(read === undefined ? {} : { read }),
    ...(oldestEvent === undefined ? {} : { logSince: DateTime.unsafeMake(oldestEvent * 1000) }),
    knownOwners: known.filter((one) => owners.has(one) || deletes.owned.has(one)).length,
    history: historyOf(records)
  }
}
