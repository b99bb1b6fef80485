import type { ServerBehavior } from "../ServerBehavior.ts"
import { failure } from "./envelope.ts"
import type { Reply } from "./http.ts"
import { json } from "./http.ts"
import { ownerRefusal } from "./owner.ts"
import * as State from "./state.ts"

const answer = (id: string, deleted: boolean): Reply => json(200, { id, object: "checkpoint.permission", deleted })

/** A delete. */
export const remove = (state: State.State, behavior: ServerBehavior, checkpoint: string, id: string): Reply => {
  const found = State.permissionsOf(state, checkpoint).find((permission) => permission.id === id)
  if (found !== undefined) {
    const refusal = ownerRefusal(behavior, checkpoint, found.project_id)
    if (refusal !== undefined) return refusal
    State.remove(state, checkpoint, id)
    return answer(id, true)
  }
  switch (behavior.deleteGone) {
    case "not-found":
      return failure(404, `No checkpoint permission found with id '${id}'.`, {
        param: "permission_id",
        code: "not_found"
      })
    case "deleted-false":
      return answer(id, false)
    case "deleted-true":
      return answer(id, true)
  }
}
