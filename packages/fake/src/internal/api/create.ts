import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import type { Permission } from "../../seed.ts"
import * as Organization from "../organization/state.ts"
import { page } from "../paging/slice.ts"
import * as Store from "../store.ts"
import type { Call, Executed } from "./call.ts"
import * as Envelope from "./envelope.ts"
import { bodyOf, textsOf } from "./jsonBody.ts"

const projectIdsOf = (behavior: ServerBehavior, request: ServerRequest): ReadonlyArray<string> => {
  const ids = textsOf("project_ids", bodyOf(request, ["project_ids"])["project_ids"])
  if (ids.length === 0) {
    throw Envelope.invalidValue(
      "project_ids",
      "empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "empty_array"
    )
  }
  if (ids.length > behavior.maxProjects) {
    throw Envelope.invalidValue(
      "project_ids",
      `array too long. Expected an array with maximum length ${behavior.maxProjects}, but got an array with length ${ids.length} instead.`,
      "array_above_max_length"
    )
  }
  const empty = ids.indexOf("")
  if (empty >= 0) throw Envelope.invalidValue(`project_ids[${empty}]`, "empty string.")
  return ids
}

const regrant = (behavior: ServerBehavior, existing: Permission): Permission | Reply | "second" => {
  if (behavior.regrant === "existing") return existing
  if (behavior.regrant === "second") return "second"
  const message = `Project ${existing.project_id} already has access to this checkpoint.`
  const status = behavior.regrant === "conflict" ? 409 : 400
  return Envelope.failure(status, message, { param: "project_ids", code: "already_exists" })
}

export const create = ({ identity, now, request, state }: Call, checkpoint: string): Executed => {
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
    const result =
      Envelope.ownerRefusal(owner, projectId) ?? (existing === undefined ? "second" : regrant(behavior, existing))
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
    Organization.permissionEvent(behavior, identity.actor, { verb: "created", ...permission, checkpoint, at: now })
  )
  return {
    reply: refusal ?? page({ data: returned, hasMore: false }),
    changes: {
      store: isDone ? Store.insert(next, added, { checkpoint, now, lag: behavior.listingLag }) : next,
      organization: Organization.record(organization, behavior, events)
    }
  }
}
