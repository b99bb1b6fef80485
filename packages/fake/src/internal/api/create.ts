import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import type { Permission } from "../../seed.ts"
import * as Store from "../store.ts"
import * as Envelope from "./envelope.ts"
import { bodyOf } from "./jsonBody.ts"
import { page } from "./list.ts"
import { ownerRefusal } from "./owner.ts"

const projectIdsOf = (behavior: ServerBehavior, request: ServerRequest): ReadonlyArray<string> | Reply => {
  const body = bodyOf(request, ["project_ids"])
  if (body._tag === "Refused") return body.reply
  const { project_ids: projectIds } = body.fields
  if (projectIds === undefined) return Envelope.missingParameter("project_ids")
  if (!Array.isArray(projectIds)) return Envelope.invalidType("project_ids", "an array of strings", projectIds)
  if (projectIds.length === 0) {
    return Envelope.invalidValue(
      "project_ids",
      "empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "empty_array"
    )
  }
  if (projectIds.length > behavior.maxProjects) {
    return Envelope.invalidValue(
      "project_ids",
      `array too long. Expected an array with maximum length ${behavior.maxProjects}, but got an array with length ${projectIds.length} instead.`,
      "array_above_max_length"
    )
  }
  const ids: Array<string> = []
  for (const [i, id] of projectIds.entries()) {
    if (typeof id !== "string") return Envelope.invalidType(`project_ids[${i}]`, "a string", id)
    if (id === "") return Envelope.invalidValue(`project_ids[${i}]`, "empty string.")
    ids.push(id)
  }
  return ids
}

const regrant = (behavior: ServerBehavior, existing: Permission): Permission | Reply | "second" => {
  const message = `Project ${existing.project_id} already has access to this checkpoint.`
  switch (behavior.regrant) {
    case "existing":
      return existing
    case "second":
      return "second"
    case "conflict":
      return Envelope.failure(409, message, { param: "project_ids", code: "already_exists" })
    case "bad-request":
      return Envelope.failure(400, message, { param: "project_ids", code: "already_exists" })
  }
}

/** What a write did: the permissions that were asked for, and whether each was made or removed by it. */
export interface Written {
  readonly store: Store.Store
  readonly reply: Reply
  readonly touched: ReadonlyArray<{ readonly permission: Permission; readonly isNew: boolean }>
}

export const create = (
  store: Store.Store,
  behavior: ServerBehavior,
  request: ServerRequest,
  checkpoint: string,
  owner: string | undefined,
  now: number
): Written => {
  const projectIds = projectIdsOf(behavior, request)
  if ("status" in projectIds) return { store, reply: projectIds, touched: [] }
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
  return {
    store: isDone ? Store.insert(next, checkpoint, added, now, behavior.listingLag) : next,
    reply: refusal ?? page(returned, false),
    touched: (isDone ? (refusal === undefined ? returned : added) : []).map((permission) => ({
      permission,
      isNew: added.includes(permission)
    }))
  }
}
