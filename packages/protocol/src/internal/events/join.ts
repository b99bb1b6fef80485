import type { AuditEvent } from "../../wire.ts"
import { type Actor, type Change, created, deleted, type KnownPermission } from "./change.ts"

const actorOf = ({ actor }: AuditEvent): Actor => {
  const key = actor?.api_key?.id
  const user = actor?.session?.user ?? actor?.api_key?.user
  const name = user?.email ?? user?.id ?? actor?.api_key?.service_account?.id
  return { ...(key == null ? {} : { key }), ...(name == null ? {} : { user: name }) }
}

interface Place {
  readonly project?: string | null | undefined
  readonly checkpoint?: string | null | undefined
}

const firstOf = (places: ReadonlyArray<Place | undefined>) => {
  const project = places.find((place) => place?.project != null)?.project
  const checkpoint = places.find((place) => place?.checkpoint != null)?.checkpoint
  return { ...(project == null ? {} : { project }), ...(checkpoint == null ? {} : { checkpoint }) }
}

/**
 * The changes that events stand for, oldest first; of other events none. Project and checkpoint of a delete come from
 * the event that made its permission, or from what else knows it. Each event counts once, and the order in which they
 * come means nothing.
 */
export const join = (events: Iterable<AuditEvent>, known: Iterable<KnownPermission> = []): ReadonlyArray<Change> => {
  const byId = new Map<string, AuditEvent>()
  for (const event of events) if (event.type === created || event.type === deleted) byId.set(event.id, event)
  const places = new Map<string, Array<Place>>()
  const place = (permission: string | null | undefined, where: Place) => {
    if (permission == null) return
    const before = places.get(permission)
    if (before === undefined) places.set(permission, [where])
    else before.push(where)
  }
  const dataOf = (event: AuditEvent): Place => {
    const data = event[created]?.data
    return { project: data?.project_id, checkpoint: data?.fine_tuned_model_checkpoint }
  }
  for (const event of byId.values()) if (event.type === created) place(event[created]?.id, dataOf(event))
  for (const one of known) place(one.permission, one)
  return [...byId.values()]
    .map((event): Change => {
      const isGrant = event.type === created
      const permission = (isGrant ? event[created] : event[deleted])?.id
      const elsewhere = permission == null ? [] : (places.get(permission) ?? [])
      return {
        event: event.id,
        at: event.effective_at,
        action: isGrant ? "grant" : "revoke",
        ...(permission == null ? {} : { permission }),
        ...firstOf(isGrant ? [dataOf(event), ...elsewhere] : elsewhere),
        by: actorOf(event)
      }
    })
    .sort((one, other) => one.at - other.at || (one.event < other.event ? -1 : one.event > other.event ? 1 : 0))
}

/** The grants whose permission has no event of its end. Which of both comes first means nothing: an id is used once. */
export const live = (changes: ReadonlyArray<Change>): ReadonlyArray<Change> => {
  const gone = new Set(changes.flatMap(({ action, permission }) => (action === "revoke" ? [permission] : [])))
  return changes.filter(({ action, permission }) => action === "grant" && !gone.has(permission))
}
