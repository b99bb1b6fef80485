import type { ServerBehavior } from "../../behavior.ts"
import type { Permission } from "../../seed.ts"
import { one, oneOf } from "../paging/query.ts"
import { limitOf, page, positionOf } from "../paging/slice.ts"
import { hash } from "../random.ts"
import * as Store from "../store.ts"
import type { Call, Executed } from "./call.ts"
import * as Envelope from "./envelope.ts"

/** How many of a page of `limit` are given if there are more. */
const shortened = ({ shortPages }: ServerBehavior, listing: number, limit: number): number => {
  if (typeof shortPages === "object") return 1 + (hash(shortPages.seed, listing) % limit)
  return shortPages === "every-other" && listing % 2 === 1 ? Math.ceil(limit / 2) : limit
}

export const notFound = (id: string): string => `No checkpoint permission found with id '${id}'.`

export const list = ({ now, query, state }: Call, checkpoint: string): Executed => {
  const { behavior, listings, store } = state
  const [empty] = [...query].find(([, [value]]) => value === "") ?? []
  if (empty !== undefined) throw Envelope.invalidValue(empty, "it is empty.")
  const limit = limitOf(query, { byDefault: behavior.defaultLimit, max: behavior.maxLimit }, behavior)
  const order = oneOf("order", one(query, "order") ?? "descending", ["ascending", "descending"])
  const shown = Store.listed(store, checkpoint, now, behavior.listingLag)
  const ordered = order === "ascending" ? shown : shown.toReversed()
  const after = positionOf(ordered, query, "after", behavior, notFound)
  const projectId = one(query, "project_id")
  const wantedOf = (some: ReadonlyArray<Permission>) =>
    projectId === undefined ? some : some.filter(({ project_id }) => project_id === projectId)
  const rest = ordered.slice(after === undefined ? 0 : after + 1)
  const size = shortened(behavior, listings, limit)
  const matching = behavior.shortPages === "filter-after-limit" ? rest : wantedOf(rest)
  const scanned = matching.slice(0, size)
  return {
    reply: page({ data: wantedOf(scanned), hasMore: matching.length > size }, scanned.at(-1)?.id),
    changes: { listings: listings + 1 }
  }
}
