import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import { executeOrganization } from "../organization/execute.ts"
import type { NewEvent, OrganizationState } from "../organization/state.ts"
import * as Organization from "../organization/state.ts"
import * as Quota from "../quota/quota.ts"
import * as Store from "../store.ts"
import type { Identity } from "./auth.ts"
import { authorize } from "./auth.ts"
import { create } from "./create.ts"
import { failure, unknownParameter } from "./envelope.ts"
import { list } from "./list.ts"
import { remove } from "./remove.ts"
import type { Route } from "./route.ts"

/** What the execution of a request can change. */
export interface Changeable {
  readonly store: Store.Store
  readonly quota: Quota.Quota
  readonly organization: OrganizationState
  readonly listings: number
}

type Input = Changeable & { readonly behavior: ServerBehavior; readonly randomSeed: number }

export interface Executed {
  readonly reply: Reply
  readonly changes: Partial<Changeable>
}

type PermissionRoute = Exclude<Route, { readonly _tag: "Refused" | "Organization" }>

const isKnown = ({ behavior, organization, store }: Input, checkpoint: string): boolean =>
  behavior.unknownCheckpoints === "accept" ||
  store.checkpoints.has(checkpoint) ||
  behavior.checkpoints.includes(checkpoint) ||
  Organization.ownerOf(organization, behavior, checkpoint) !== undefined

/** A write, and what it leaves in the audit log. */
const write = (
  { behavior, organization, store }: Input,
  request: ServerRequest,
  route: Exclude<PermissionRoute, { readonly _tag: "List" }>,
  { actor }: Identity,
  now: number
): Executed => {
  const { checkpoint } = route
  const owner = Organization.ownerOf(organization, behavior, checkpoint)
  const event = { at: now, scope: behavior.defaultProject, actor: { key: actor }, checkpoint }
  const done = (reply: Reply, next: Store.Store, events: ReadonlyArray<NewEvent>): Executed => ({
    reply,
    changes: { store: next, organization: Organization.record(organization, behavior, events) }
  })
  if (route._tag === "Create") {
    const { reply, store: next, touched } = create(store, behavior, request, checkpoint, owner, now)
    const seen = touched.filter(({ isNew }) => isNew || behavior.repeatEvents)
    return done(
      reply,
      next,
      seen.map(({ permission: { id, project_id: projectId } }) => ({
        ...event,
        type: "checkpoint.permission.created",
        permissionId: id,
        projectId
      }))
    )
  }
  const { permissionId } = route
  const { event: what, reply, store: next } = remove(store, behavior, checkpoint, permissionId, owner, now)
  const leavesEvent = what === "deleted" || (what === "gone" && behavior.repeatEvents)
  return done(reply, next, leavesEvent ? [{ ...event, type: "checkpoint.permission.deleted", permissionId }] : [])
}

const executePermissions = (
  state: Input,
  request: ServerRequest,
  route: PermissionRoute,
  identity: Identity,
  now: number
): Executed => {
  const { behavior, store } = state
  const { checkpoint } = route
  const refused = (reply: Reply): Executed => ({ reply, changes: {} })
  if (checkpoint.startsWith("ftckpt_")) {
    return refused(
      failure(500, "The server had an error while processing your request. Sorry about that!", { type: "server_error" })
    )
  }
  if (!isKnown(state, checkpoint)) {
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
    return { reply, changes: { listings: state.listings + (counts ? 1 : 0) } }
  }
  const unknown = request.query.find(([name]) => name !== "api-version")
  return unknown === undefined ? write(state, request, route, identity, now) : refused(unknownParameter(unknown[0]))
}

/** Executes a request: its key, the quota, then the call itself. */
export const execute = (state: Input, request: ServerRequest, route: Route, now: number): Executed => {
  if (route._tag === "Refused") return { reply: route.reply, changes: {} }
  const { behavior } = state
  const identity = authorize(behavior, request.headers, route.operation)
  if ("status" in identity) return { reply: identity, changes: {} }
  const { quota, refusal } = Quota.take(state.quota, behavior.rate, route.operation, now)
  if (refusal !== undefined) return { reply: refusal, changes: { quota } }
  const { changes, reply } =
    route._tag === "Organization"
      ? executeOrganization(state, request, route, identity, now)
      : executePermissions(state, request, route, identity, now)
  return { reply, changes: { ...changes, quota } }
}
