import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import type { Permission } from "../../seed.ts"
import { errors } from "../errors.ts"
import { actorOf } from "../organization/actors.ts"
import * as Organization from "../organization/state.ts"
import { hash } from "../random.ts"
import * as Store from "../store.ts"
import type { Call, Executed } from "./call.ts"
import { limitOf, permissionPage, positionOf } from "./paging.ts"
import { bodyOf, one, oneOf, textsOf } from "./parameters.ts"
import { gone, json, ownerRefusal, Refusal, refused } from "./reply.ts"

const shortened = ({ shortPages }: ServerBehavior, listing: number, limit: number): number => {
  if (typeof shortPages === "object") return 1 + (hash(shortPages.seed, listing) % limit)
  return shortPages === "every-other" && listing % 2 === 1 ? Math.ceil(limit / 2) : limit
}

export const list = ({ now, query, state }: Call, checkpoint: string): Executed => {
  const { behavior, listings, store } = state
  const [empty] = [...query].find(([, [value]]) => value === "") ?? []
  if (empty !== undefined) throw new Refusal(errors["invalid_value/empty"](empty))
  const limit = limitOf(query, { byDefault: behavior.defaultLimit, max: behavior.maxLimit }, behavior)
  const order = oneOf("order", one(query, "order") ?? "descending", ["ascending", "descending"])
  const shown = Store.listed(store, checkpoint, now, behavior.listingLag)
  const ordered = order === "ascending" ? shown : shown.toReversed()
  const after = positionOf(ordered, query, "after", behavior, "permission-cursor")
  const projectId = one(query, "project_id")
  const wantedOf = (some: ReadonlyArray<Permission>) =>
    projectId === undefined ? some : some.filter(({ project_id }) => project_id === projectId)
  const rest = ordered.slice(after === undefined ? 0 : after + 1)
  const size = shortened(behavior, listings, limit)
  const matching = behavior.shortPages === "filter-after-limit" ? rest : wantedOf(rest)
  const scanned = matching.slice(0, size)
  return {
    reply: permissionPage({ data: wantedOf(scanned), hasMore: matching.length > size }, scanned.at(-1)?.id),
    changes: { listings: listings + 1 }
  }
}

const projectIdsOf = (behavior: ServerBehavior, request: ServerRequest): ReadonlyArray<string> => {
  const ids = textsOf("project_ids", bodyOf(request, ["project_ids"])["project_ids"])
  const { maxProjects } = behavior
  if (ids.length === 0) throw new Refusal(errors.empty_array("project_ids"))
  if (ids.length > maxProjects) throw new Refusal(errors.array_above_max_length("project_ids", maxProjects, ids.length))
  const empty = ids.indexOf("")
  if (empty >= 0) throw new Refusal(errors["invalid_value/empty"](`project_ids[${empty}]`))
  return ids
}

const regrant = (behavior: ServerBehavior, existing: Permission): Permission | Reply | "second" => {
  if (behavior.regrant === "existing") return existing
  if (behavior.regrant === "second") return "second"
  return refused(errors.already_exists(existing.project_id, behavior.regrant === "conflict" ? 409 : 400))
}

export const create = (call: Call, checkpoint: string): Executed => {
  const { now, request, state } = call
  const { behavior, organization, store } = state
  const projectIds = projectIdsOf(behavior, request)
  const owner = Organization.ownerOf(organization, behavior, checkpoint)
  const before = Store.permissionsOf(store, checkpoint)
  const returned: Array<Permission> = []
  const added: Array<Permission> = []
  let refusal: Reply | undefined
  let next = store
  for (const projectId of projectIds) {
    const is = (permission: Permission) => permission.project_id === projectId
    const existing = before.find(is) ?? added.find(is)
    const result = ownerRefusal(owner, projectId) ?? (existing === undefined ? "second" : regrant(behavior, existing))
    if (result === "second") {
      const [made, withId] = Store.make(next, { project_id: projectId }, now)
      next = withId
      returned.push(made)
      added.push(made)
    } else if ("status" in result) {
      refusal ??= result
    } else {
      returned.push(result)
    }
  }
  const isDone = refusal === undefined || behavior.partialCreate === "others"
  const seen = behavior.repeatEvents && refusal === undefined ? returned : added
  const events = (isDone ? seen : []).map((permission) =>
    Organization.permissionEvent(behavior, actorOf(call), { verb: "created", ...permission, checkpoint, at: now })
  )
  return {
    reply: refusal ?? permissionPage({ data: returned, hasMore: false }),
    changes: {
      store: isDone ? Store.insert(next, added, { checkpoint, now, lag: behavior.listingLag }) : next,
      organization: Organization.record(organization, behavior, events)
    }
  }
}

export const remove = (call: Call, checkpoint: string): Executed => {
  const { now, params, state } = call
  const { behavior, organization, store } = state
  const { permission: id = "" } = params
  const deletion = (deleted: boolean) => json(200, { id, object: "checkpoint.permission", deleted })
  const found = Store.permissionsOf(store, checkpoint).find((permission) => permission.id === id)
  const refusal =
    found === undefined
      ? gone(behavior, deletion, refused(errors["not_found/permission"](id)))
      : ownerRefusal(Organization.ownerOf(organization, behavior, checkpoint), found.project_id)
  const reply = refusal ?? deletion(true)
  const leavesEvent = refusal === undefined || (reply.status === 200 && behavior.repeatEvents)
  const event = Organization.permissionEvent(behavior, actorOf(call), { verb: "deleted", id, checkpoint, at: now })
  return {
    reply,
    changes: {
      store: refusal === undefined ? Store.remove(store, id, { checkpoint, now, lag: behavior.listingLag }) : store,
      organization: Organization.record(organization, behavior, leavesEvent ? [event] : [])
    }
  }
}
