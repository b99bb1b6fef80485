import * as Organization from "../organization/state.ts"
import * as Store from "../store.ts"
import type { Call, Executed } from "./call.ts"
import { failure, gone, ownerRefusal } from "./envelope.ts"
import { notFound } from "./list.ts"
import { json } from "./reply.ts"

export const remove = ({ identity, now, params, state }: Call, checkpoint: string): Executed => {
  const { behavior, organization, store } = state
  const { permission: id = "" } = params
  const deletion = (deleted: boolean) => json(200, { id, object: "checkpoint.permission", deleted })
  const found = Store.permissionsOf(store, checkpoint).find((permission) => permission.id === id)
  const refusal =
    found === undefined
      ? gone(behavior, deletion, failure(404, notFound(id), { param: "permission_id", code: "not_found" }))
      : ownerRefusal(Organization.ownerOf(organization, behavior, checkpoint), found.project_id)
  const reply = refusal ?? deletion(true)
  const leavesEvent = refusal === undefined || (reply.status === 200 && behavior.repeatEvents)
  const event = Organization.permissionEvent(behavior, identity.actor, { verb: "deleted", id, checkpoint, at: now })
  return {
    reply,
    changes: {
      store: refusal === undefined ? Store.remove(store, id, { checkpoint, now, lag: behavior.listingLag }) : store,
      organization: Organization.record(organization, behavior, leavesEvent ? [event] : [])
    }
  }
}
