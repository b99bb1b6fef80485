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

/** What the first of both does not know comes from the other. */
const either = (one: Place | undefined, other: Place | undefined): Place => ({
  project: one?.project ?? other?.project,
  checkpoint: one?.checkpoint ?? other?.checkpoint
})

const placeOf = (event: AuditEvent): Place => {
  const data = event[created]?.data
  return { project: data?.project_id, checkpoint: data?.fine_tuned_model_checkpoint }
}

/**
 * The changes that events stand for, oldest first; of other events none. Project and checkpoint of a delete come from
 * the event that made its permission, or from what else knows it. Each event counts once, and the order in which they
 * come means nothing.
 */
export const join = (events: Iterable<AuditEvent>, known: Iterable<KnownPermission> = []): ReadonlyArray<Change> => {
  const byId = new Map<string, AuditEvent>()
  for (const event of events) if (event.type === created || event.type === deleted) byId.set(event.id, event)
  const places = new Map<string, Place>()
  for (const event of byId.values()) {
    const id = event.type === created ? event[created]?.id : undefined
    if (id != null) places.set(id, either(places.get(id), placeOf(event)))
  }
  for (const one of known) places.set(one.permission, either(places.get(one.permission), one))
  return [...byId.values()]
    .map((event): Change => {
      const isGrant = event.type === created
      const permission = (isGrant ? event[created] : event[deleted])?.id
      const { checkpoint, project } = either(isGrant ? placeOf(event) : undefined, places.get(permission ?? ""))
      return {
        event: event.id,
        at: event.effective_at,
        action: isGrant ? "grant" : "revoke",
        ...(permission == null ? {} : { permission }),
        ...(project == null ? {} : { project }),
        ...(checkpoint == null ? {} : { checkpoint }),
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
