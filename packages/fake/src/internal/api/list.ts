import type { ServerBehavior } from "../../behavior.ts"
import type { Reply, ServerRequest } from "../../http.ts"
import type { Permission } from "../../seed.ts"
import { limitOf } from "../paging/limit.ts"
import { hash } from "../random.ts"
import * as Envelope from "./envelope.ts"
import { jsonHeaders } from "./reply.ts"

interface Params {
  readonly projectId: string | undefined
  readonly after: string | undefined
  readonly limit: number
  readonly ascending: boolean
}

const known = ["project_id", "after", "limit", "order"]

const paramsOf = (behavior: ServerBehavior, query: ServerRequest["query"]): Params | Reply => {
  const given = new Map<string, string>()
  for (const [name, value] of query) {
    if (name === "api-version") continue
    if (!known.includes(name)) return Envelope.unknownParameter(name)
    if (given.has(name)) return Envelope.invalidValue(name, "it was given more than once.")
    if (value === "") return Envelope.invalidValue(name, "it is empty.")
    given.set(name, value)
  }
  const limit = limitOf(given.get("limit"), { byDefault: behavior.defaultLimit, max: behavior.maxLimit }, behavior)
  if (typeof limit !== "number") return limit
  const order = given.get("order") ?? "descending"
  if (order !== "ascending" && order !== "descending") {
    return Envelope.invalidValue(
      "order",
      `value '${order}' is not supported. Supported values are: 'ascending' and 'descending'.`
    )
  }
  return { projectId: given.get("project_id"), after: given.get("after"), limit, ascending: order === "ascending" }
}

const texts = new WeakMap<Permission, string>()

/** The JSON of a permission, which never changes: making it anew is most of what a page would cost. */
const textOf = (permission: Permission): string => {
  const known = texts.get(permission)
  if (known !== undefined) return known
  const text = JSON.stringify(permission)
  texts.set(permission, text)
  return text
}

/** One page as the API promises it; `lastId` if the cursor is not the last item's. */
export const page = (data: ReadonlyArray<Permission>, hasMore: boolean, lastId?: string): Reply => {
  const rest = JSON.stringify({
    first_id: data[0]?.id ?? null,
    last_id: lastId ?? data.at(-1)?.id ?? null,
    has_more: hasMore
  })
  return {
    status: 200,
    headers: jsonHeaders,
    body: { _tag: "Text", text: `{"object":"list","data":[${data.map(textOf).join(",")}],${rest.slice(1)}` }
  }
}

const unknownAfter = (behavior: ServerBehavior, after: string): Reply | "restart" => {
  const message = `No checkpoint permission found with id '${after}'.`
  switch (behavior.unknownAfter) {
    case "bad-request":
      return Envelope.failure(400, message, { param: "after", code: "invalid_value" })
    case "not-found":
      return Envelope.failure(404, message, { param: "after", code: "not_found" })
    case "empty-page":
      return page([], false)
    case "restart":
      return "restart"
  }
}

/** How many of a page of `limit` are given if there are more. */
const shortened = (behavior: ServerBehavior, listing: number, limit: number): number => {
  const { shortPages } = behavior
  if (typeof shortPages === "object") return 1 + (hash(shortPages.seed, listing) % limit)
  return shortPages === "every-other" && listing % 2 === 1 ? Math.ceil(limit / 2) : limit
}

/**
 * A page of `shown`, which is oldest first. `listing` is the number of listings so far; `counts` says whether this is
 * one more of them.
 */
export const list = (
  shown: ReadonlyArray<Permission>,
  behavior: ServerBehavior,
  request: ServerRequest,
  listing: number
): { readonly reply: Reply; readonly counts: boolean } => {
  const params = paramsOf(behavior, request.query)
  if ("status" in params) return { reply: params, counts: false }
  const counted = (reply: Reply) => ({ reply, counts: true })
  const ordered = params.ascending ? shown : shown.toReversed()
  let start = 0
  if (params.after !== undefined) {
    const at = ordered.findIndex((permission) => permission.id === params.after)
    const answer = at < 0 ? unknownAfter(behavior, params.after) : "restart"
    if (answer !== "restart") return counted(answer)
    start = at + 1
  }
  const rest = ordered.slice(start)
  const wanted = (permission: Permission) =>
    params.projectId === undefined || permission.project_id === params.projectId
  const size = shortened(behavior, listing, params.limit)
  if (behavior.shortPages === "filter-after-limit") {
    const scanned = rest.slice(0, size)
    return counted(page(scanned.filter(wanted), rest.length > size, scanned.at(-1)?.id))
  }
  const matching = params.projectId === undefined ? rest : rest.filter(wanted)
  return counted(matching.length <= size ? page(matching, false) : page(matching.slice(0, size), true))
}
