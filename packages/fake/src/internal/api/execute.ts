import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import * as Quota from "../quota/quota.ts"
import * as Store from "../store.ts"
import { refusal } from "./auth.ts"
import { create } from "./create.ts"
import { failure, unknownParameter } from "./envelope.ts"
import { list } from "./list.ts"
import { remove } from "./remove.ts"
import type { Route } from "./route.ts"

/** What the execution of a request can change. */
export interface Changeable {
  readonly store: Store.Store
  readonly quota: Quota.Quota
  readonly listings: number
}

const isKnown = (store: Store.Store, behavior: ServerBehavior, checkpoint: string): boolean =>
  behavior.unknownCheckpoints === "accept" ||
  store.checkpoints.has(checkpoint) ||
  behavior.checkpoints.includes(checkpoint) ||
  Object.hasOwn(behavior.owners, checkpoint)

/** Executes a request: its key, the quota, the checkpoint, then the call itself. */
export const execute = (
  state: Changeable & { readonly behavior: ServerBehavior },
  request: ServerRequest,
  route: Route,
  now: number
): { readonly reply: Reply; readonly changes: Partial<Changeable> } => {
  const { behavior, store } = state
  if (route._tag === "Refused") return { reply: route.reply, changes: {} }
  const { checkpoint, operation } = route
  const refusedKey = refusal(behavior, request.headers, operation)
  if (refusedKey !== undefined) return { reply: refusedKey, changes: {} }
  const { quota, refusal: limited } = Quota.take(state.quota, behavior.rate, operation, now)
  const refused = (reply: Reply) => ({ reply, changes: { quota } })
  if (limited !== undefined) return refused(limited)
  if (checkpoint.startsWith("ftckpt_")) {
    return refused(
      failure(500, "The server had an error while processing your request. Sorry about that!", { type: "server_error" })
    )
  }
  if (!isKnown(store, behavior, checkpoint)) {
    return refused(
      failure(404, `The model '${checkpoint}' does not exist or you do not have access to it.`, {
        param: "fine_tuned_model_checkpoint",
        code: "model_not_found"
      })
    )
  }
  if (route._tag === "List") {
    const shown = Store.listed(store, checkpoint, now, behavior.listingLag)
    const { counts, reply } = list(shown, behavior, request, state.listings)
    return { reply, changes: { quota, listings: state.listings + (counts ? 1 : 0) } }
  }
  const unknown = request.query.find(([name]) => name !== "api-version")
  if (unknown !== undefined) return refused(unknownParameter(unknown[0]))
  const { reply, store: next } =
    route._tag === "Create"
      ? create(store, behavior, request, checkpoint, now)
      : remove(store, behavior, checkpoint, route.permissionId, now)
  return { reply, changes: { quota, store: next } }
}
