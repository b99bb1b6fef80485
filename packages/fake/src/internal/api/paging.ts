import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import { errors } from "../errors.ts"
import { integer, one, type Query } from "./parameters.ts"
import { json, Refusal } from "./reply.ts"

interface Identified {
  readonly id: string
}

interface Slice<T> {
  readonly data: ReadonlyArray<T>
  readonly hasMore: boolean
}

/** The default and the largest `limit` of a list. */
interface Limits {
  readonly byDefault: number
  readonly max: number
}

/** A list in its order, and a filter. A cursor may name any item, even one that the filter leaves out. */
interface List<T> extends Limits {
  readonly all: ReadonlyArray<T>
  readonly wanted?: (item: T) => boolean
}

/** Returns the page size that `limit` requests. Throws a refusal for an invalid one, unless a setting allows it. */
export const limitOf = (query: Query, { byDefault, max }: Limits, behavior: ServerBehavior): number => {
  const limit = integer(query, "limit")
  if (limit === undefined) return byDefault
  if (limit >= 1 && limit <= max) return limit
  if (limit < 1 && behavior.underLimit === "default") return byDefault
  if (limit > max && behavior.overLimit === "clamp") return max
  const given = String(one(query, "limit"))
  throw new Refusal(limit < 1 ? errors.integer_below_min_value(given, 1) : errors.integer_above_max_value(given, max))
}

/** Returns the index of a cursor. For an unknown id, the setting `unknownAfter` determines the result. */
export const positionOf = (
  all: ReadonlyArray<Identified>,
  query: Query,
  name: "after" | "before",
  behavior: ServerBehavior,
  kind: "cursor" | "permission-cursor" = "cursor"
): number | undefined => {
  const cursor = one(query, name)
  if (cursor === undefined) return undefined
  const at = all.findIndex(({ id }) => id === cursor)
  if (at >= 0) return at
  switch (behavior.unknownAfter) {
    case "bad-request":
      throw new Refusal(errors[`invalid_value/${kind}`](name, cursor))
    case "not-found":
      throw new Refusal(errors[`not_found/${kind}`](name, cursor))
    case "empty-page":
      return name === "after" ? all.length : 0
    case "restart":
      return undefined
  }
}

/**
 * Returns the part of a list for `after`, `before` and `limit`. With `before` alone, returns the items directly before
 * it.
 */
export const slice = <T extends Identified>(
  { all, wanted = () => true, ...limits }: List<T>,
  query: Query,
  behavior: ServerBehavior
): Slice<T> => {
  const limit = limitOf(query, limits, behavior)
  const after = positionOf(all, query, "after", behavior)
  const before = positionOf(all, query, "before", behavior)
  const rest = all.slice(after === undefined ? 0 : after + 1, before).filter(wanted)
  const isBackwards = before !== undefined && after === undefined
  const start = isBackwards ? Math.max(0, rest.length - limit) : 0
  return { data: rest.slice(start, start + limit), hasMore: rest.length > limit }
}

const fieldsOf = ({ data, hasMore }: Slice<Identified>, lastId?: string) => ({
  data,
  first_id: data[0]?.id ?? null,
  last_id: lastId ?? data.at(-1)?.id ?? null,
  has_more: hasMore
})

/** Returns a page of permissions. Pass `lastId` if the cursor is not the id of the last item. */
export const permissionPage = (slice: Slice<Identified>, lastId?: string): Reply =>
  json(200, { object: "list", ...fieldsOf(slice, lastId) })

/** Returns the field `object` of a page in any list except permissions, unless the setting omits it. */
export const objectOf = ({ pageObject }: ServerBehavior) => (pageObject === "list" ? { object: "list" } : {})

export const page = (slice: Slice<Identified>, behavior: ServerBehavior): Reply =>
  json(200, { ...objectOf(behavior), ...fieldsOf(slice) })
