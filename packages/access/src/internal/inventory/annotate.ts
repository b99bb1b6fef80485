import { Organization, type Service } from "@checkpoint-permissions/client/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as Effect from "effect/Effect"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { readKeyNames, searchWindows } from "../history/log.ts"
import type { Actor } from "../history/model.ts"
import type { Inventory, InventoryCheckpoint } from "./model.ts"
import { labelOf } from "./render.ts"

/** The actors of grants by permission, and the reason why some may be missing. */
interface GrantActors {
  readonly by: ReadonlyMap<string | null, Actor>
  readonly unread: string | undefined
}

/** Searches the log for events around the times at which the permissions of a matrix were created. */
const searchLog = Effect.fnUntraced(function* (
  organization: Service,
  matrix: AccessMatrix,
  stop: Effect.Effect<unknown> | undefined
): Effect.fn.Return<GrantActors> {
  const times = matrix.rows.flatMap(({ permissions }) => permissions.map(({ created_at }) => created_at))
  const windows = Events.windowsOf(times)
  const found = yield* searchWindows(organization, windows, stop)
  const changes = Events.join(found.flatMap(({ reading }) => reading.events))
  const { nameKeys } = yield* readKeyNames(organization, changes, stop)
  const left = times.filter((time) => !Events.isSearched(windows, time)).length
  const [failure] = found.flatMap(({ reading }) => reading.failure ?? [])
  const limited = left === 0 ? undefined : `the log was not searched for ${left} of ${times.length} permissions`
  return {
    by: new Map(nameKeys(changes).map(({ by, permission = null }) => [permission, by])),
    unread: failure ?? limited
  }
})

const actorsInLog = ({ checkpoints, log }: Inventory): GrantActors => ({
  by: new Map(checkpoints.flatMap(({ granted }) => granted.map(({ by, permission }) => [permission, by]))),
  unread: log?.failure ?? undefined
})

/** Returns a matrix row with owner, retirement date and the actor of each grant. */
const annotateRow = (row: Row, known: InventoryCheckpoint | undefined, { by }: GrantActors): Row => {
  const { owner = null, retires = null } = known ?? {}
  return {
    ...row,
    ...(row.owner === undefined && owner !== null ? { owner } : {}),
    ...(retires === null ? {} : { retires }),
    permissions: row.permissions.map((permission) => {
      const actor = by.get(permission.id)
      return actor === undefined ? permission : { ...permission, by: actor }
    })
  }
}

/**
 * Adds the data of an inventory to an audit: project names, archived projects, owners, retirement days and actors of
 * grants. If the inventory has no log, the log is searched around the creation of each permission, in at most 30
 * windows. A log that cannot be read is not a failure: `logFailure` has the reason.
 *
 * @category conversions
 */
export const annotate = (
  matrix: AccessMatrix,
  inventory: Inventory,
  { stop }: { readonly stop?: Effect.Effect<unknown> | undefined } = {}
): Effect.Effect<AccessMatrix, never, Organization> =>
  Effect.gen(function* () {
    const organization = yield* Organization
    const granters = inventory.log === null ? yield* searchLog(organization, matrix, stop) : actorsInLog(inventory)
    const known = new Map<string, InventoryCheckpoint>(inventory.checkpoints.map((one) => [one.checkpoint, one]))
    const names = inventory.projects.list.flatMap(({ archivedAt, id, name }) =>
      (name === null || name === id) && archivedAt === null ? [] : [[id, labelOf(inventory, id)]]
    )
    return {
      ...matrix,
      names: { ...matrix.names, ...Object.fromEntries(names) },
      ...(granters.unread === undefined ? {} : { logFailure: granters.unread }),
      rows: matrix.rows.map((row) => annotateRow(row, known.get(row.checkpoint), granters))
    }
  })
