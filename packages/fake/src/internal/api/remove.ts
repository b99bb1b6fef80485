import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import * as Store from "../store.ts"
import { failure } from "./envelope.ts"
import { ownerRefusal } from "./owner.ts"
import { json } from "./reply.ts"

const deletion = (id: string, deleted: boolean): Reply => json(200, { id, object: "checkpoint.permission", deleted })

const gone = (behavior: ServerBehavior, id: string): Reply => {
  switch (behavior.deleteGone) {
    case "not-found":
      return failure(404, `No checkpoint permission found with id '${id}'.`, {
        param: "permission_id",
        code: "not_found"
      })
    case "deleted-false":
      return deletion(id, false)
    case "deleted-true":
      return deletion(id, true)
  }
}

/** `event` says whether something was deleted, was gone already, or is none of both. */
export const remove = (
  store: Store.Store,
  behavior: ServerBehavior,
  checkpoint: string,
  id: string,
  owner: string | undefined,
  now: number
): { readonly store: Store.Store; readonly reply: Reply; readonly event: "deleted" | "gone" | "refused" } => {
  const found = Store.permissionsOf(store, checkpoint).find((permission) => permission.id === id)
  if (found === undefined) {
    const reply = gone(behavior, id)
    return { store, reply, event: reply.status === 200 ? "gone" : "refused" }
  }
  const refusal = ownerRefusal(owner, found.project_id)
  if (refusal !== undefined) return { store, reply: refusal, event: "refused" }
  return {
    store: Store.remove(store, checkpoint, id, now, behavior.listingLag),
    reply: deletion(id, true),
    event: "deleted"
  }
}
