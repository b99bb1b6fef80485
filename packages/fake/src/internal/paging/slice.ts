import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import * as Envelope from "../api/envelope.ts"
import { json } from "../api/reply.ts"
import type { Limits } from "./limit.ts"
import { limitOf } from "./limit.ts"
import type { Query } from "./query.ts"
import { isReply, one } from "./query.ts"

interface Identified {
  readonly id: string
}

export interface Slice<T> {
  readonly data: ReadonlyArray<T>
  readonly hasMore: boolean
}

/** A list in its order, a cursor into which may name any item of it, and the items that are wanted of it. */
interface List<T> extends Limits {
  readonly all: ReadonlyArray<T>
  readonly wanted?: (item: T) => boolean
}

/** Where the cursor of that name is, or what there is instead if it is nowhere. */
const positionOf = (
  all: ReadonlyArray<Identified>,
  query: Query,
  name: "after" | "before",
  behavior: ServerBehavior
): number | undefined | Slice<never> | Reply => {
  const cursor = one(query, name)
  if (cursor === undefined) return undefined
  const at = all.findIndex(({ id }) => id === cursor)
  if (at >= 0) return at
  const reason = `there is no object with id '${cursor}'.`
  switch (behavior.unknownAfter) {
    case "bad-request":
      return Envelope.invalidValue(name, reason)
    case "not-found":
      return Envelope.failure(404, `Invalid '${name}': ${reason}`, { param: name, code: "not_found" })
    case "empty-page":
      return { data: [], hasMore: false }
    case "restart":
      return undefined
  }
}

/** The part of a list that `after`, `before` and `limit` ask for: with `before` alone, the items next to it. */
export const slice = <T extends Identified>(
  { all, wanted = () => true, ...limits }: List<T>,
  query: Query,
  behavior: ServerBehavior
): Slice<T> | Reply => {
  const limit = limitOf(one(query, "limit"), limits, behavior)
  if (typeof limit !== "number") return limit
  const after = positionOf(all, query, "after", behavior)
  if (typeof after === "object") return after
  const before = positionOf(all, query, "before", behavior)
  if (typeof before === "object") return before
  const rest = all.slice(after === undefined ? 0 : after + 1, before).filter(wanted)
  const isBackwards = before !== undefined && after === undefined
  const start = isBackwards ? Math.max(0, rest.length - limit) : 0
  return { data: rest.slice(start, start + limit), hasMore: rest.length > limit }
}

/** A page with `first_id` and `last_id`. */
export const page = (found: Slice<Identified> | Reply): Reply =>
  isReply(found)
    ? found
    : json(200, {
        object: "list",
        data: found.data,
        first_id: found.data[0]?.id ?? null,
        last_id: found.data.at(-1)?.id ?? null,
        has_more: found.hasMore
      })
