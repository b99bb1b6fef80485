import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import { Organization, type Service } from "@checkpoint-permissions/client/Organization"
import type { AdminKey } from "@checkpoint-permissions/core/Organization"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AccessMatrix } from "../audit/matrix.ts"
import type { Inventory } from "../inventory/model.ts"
import { type Entry, isOf } from "../journal/model.ts"
import type { Change, History } from "./model.ts"

/**
 * What is known besides the log.
 *
 * @category models
 */
export interface Known {
  /** Saved audits: they know project and checkpoint of permissions that were deleted since. */
  readonly audits?: ReadonlyArray<AccessMatrix> | undefined
  /** Inventories: they know those of the permissions whose grant was in the log when they were made. */
  readonly inventories?: ReadonlyArray<Inventory> | undefined
  /** Entries of journals. Those of other servers and organizations are left out. */
  readonly journal?: ReadonlyArray<Entry> | undefined
  /** Ids of keys (`key_…`) whose changes are this tool's. */
  readonly ourKeys?: ReadonlyArray<string> | undefined
}

/** @category models */
export interface HistoryOptions extends Known {
  /** Default: as far back as the log goes. */
  readonly since?: DateTime.Utc | undefined
}

/** The writes of a journal that count as this tool's: done or unknown. */
export const recordedIn = (server: Server, journal: ReadonlyArray<Entry> = []): ReadonlyArray<Events.Recorded> =>
  journal.filter(isOf(server)).flatMap(({ action, event, outcome, permission, time }) => {
    const at = Option.map(DateTime.make(time), DateTime.toEpochMillis)
    if (event !== "result" || permission === null || Option.isNone(at)) return []
    return outcome === "done" || outcome === "unknown" ? [{ at: at.value, action, permission, outcome }] : []
  })

/** Project and checkpoint of each permission that audits, inventories and journals know. */
export const knownIn = (
  server: Server,
  { audits = [], inventories = [], journal = [] }: Known
): Array<Events.KnownPermission> => [
  ...audits.flatMap(({ log, rows }) => [
    ...rows.flatMap(({ checkpoint, permissions }) =>
      permissions.map(({ id, project_id }) => ({ permission: id, project: project_id, checkpoint }))
    ),
    ...(log?.changes ?? []).flatMap(({ checkpoint, permission, project }) =>
      permission === undefined ? [] : [{ permission, project, checkpoint }]
    )
  ]),
  ...inventories.flatMap(({ checkpoints }) =>
    checkpoints.flatMap(({ checkpoint, granted }) =>
      granted.flatMap(({ permission, project }) =>
        permission === null ? [] : [{ permission, project: project ?? undefined, checkpoint }]
      )
    )
  ),
  ...journal
    .filter(isOf(server))
    .flatMap(({ checkpoint, permission, project }) =>
      permission === null ? [] : [{ permission, project, checkpoint }]
    )
]

const named = (changes: ReadonlyArray<Events.Change>, keys: ReadonlyArray<AdminKey>): ReadonlyArray<Change> => {
  const byId = new Map(keys.map((key) => [key.id, key]))
  return changes.map((change) => {
    const key = change.by.key === undefined ? undefined : byId.get(change.by.key)
    const owner = key?.owner?.name ?? key?.owner?.id
    return {
      ...change,
      by: {
        ...change.by,
        ...(key?.name == null ? {} : { keyName: key.name }),
        ...(owner == null ? {} : { keyOwner: owner })
      }
    }
  })
}

/** The changes of the log since a time, with names of keys where their list can be read. */
export const changesSince = Effect.fnUntraced(function* (
  organization: Service,
  since: DateTime.Utc | undefined,
  known: Known
) {
  const events = yield* organization
    .events({ types: [Events.created, Events.deleted], since })
    .pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))
  const changes = Events.join(events, knownIn(organization.server, known))
  const keys = changes.some(({ by }) => by.key !== undefined)
    ? yield* Effect.either(Effect.map(Stream.runCollect(organization.adminKeys), Chunk.toReadonlyArray))
    : Either.right([])
  return {
    changes: named(
      changes,
      Either.getOrElse(keys, () => [])
    ),
    namesUnread: Either.isLeft(keys) ? keys.left.message : undefined
  }
})

/** A history of changes that were read. */
export const historyOf = (
  { server }: Service,
  known: Known,
  rest: Pick<History, "askedAt" | "since" | "namesUnread"> & { readonly changes: ReadonlyArray<Change> }
): History => {
  const { apiUrl, organization } = server
  const isOurs = Events.isOurs(recordedIn(server, known.journal), known.ourKeys ?? [])
  return {
    format: "checkpoint-permissions/history",
    version: 1,
    apiUrl,
    ...(organization === undefined ? {} : { organization }),
    ...rest,
    changes: rest.changes.map((change) => ({ ...change, ours: isOurs(change) }))
  }
}

/**
 * Reads who granted and revoked what, and when, from the audit log. Changes nothing. Project and checkpoint of a delete
 * come from the event that made its permission, a saved audit, an inventory or a journal; without any, the change is in it without
 * them.
 *
 * Fails with the error of the list of events: `PermissionDeniedError` where the log is turned off. Names of keys that
 * cannot be read are left out.
 *
 * @category operations
 */
export const read = (options: HistoryOptions = {}): Effect.Effect<History, PermissionsError, Organization> =>
  Effect.gen(function* () {
    const organization = yield* Organization
    const askedAt = yield* DateTime.now
    const { changes, namesUnread } = yield* changesSince(organization, options.since, options)
    return historyOf(organization, options, {
      askedAt,
      changes,
      ...(options.since === undefined ? {} : { since: options.since }),
      ...(namesUnread === undefined ? {} : { namesUnread })
    })
  })
