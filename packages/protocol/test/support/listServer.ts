import type { ListParams, Permission } from "../../src/wire.ts"
import { type Answer, failure, item, page } from "./listing.ts"

export interface Behavior {
  /** What a cursor that is no permission's gets. */
  readonly unknownAfter: "bad-request" | "not-found" | "empty-page" | "restart"
  /** A page may be cut before it is filtered by project, or be shorter than asked for by chance. */
  readonly shortPages: "never" | "filter-after-limit" | "random"
  readonly maxLimit: number
  readonly overLimit: "clamp" | "bad-request"
  readonly lastId: "item" | "null" | "absent"
}

/** A list of permissions that changes between requests. */
export interface ListServer {
  /** Oldest first. */
  readonly permissions: () => ReadonlyArray<Permission>
  readonly requests: () => number
  readonly remove: (id: string | undefined) => void
  readonly add: (id: string, project: string) => void
  readonly list: (ask: ListParams) => Answer
}

export const projectOf = (n: number): string => `proj_${n % 3}`

export const make = (count: number, behavior: Behavior, chance: () => number): ListServer => {
  let stored: ReadonlyArray<Permission> = Array.from({ length: count }, (_, n) => item(`cp_${n}`, projectOf(n)))
  let requests = 0
  const reply = (data: ReadonlyArray<Permission>, has_more: boolean, cursor = data.at(-1)?.id): Answer => {
    const ids = data.map(({ id }) => id)
    const isItem = cursor === ids.at(-1)
    const last_id = behavior.lastId === "item" || !isItem ? cursor : behavior.lastId === "null" ? null : undefined
    return { ...page(ids, { has_more, last_id }), data }
  }
  const list = ({ after, limit = 10, order, project_id }: ListParams): Answer => {
    requests += 1
    if (limit > behavior.maxLimit && behavior.overLimit === "bad-request") {
      return failure("BadRequestError", { param: "limit" })
    }
    const ordered = order === "ascending" ? stored : [...stored].reverse()
    const at = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after)
    if (after !== undefined && at < 0) {
      if (behavior.unknownAfter === "bad-request") return failure("BadRequestError", { param: "after" })
      if (behavior.unknownAfter === "not-found") return failure("NotFoundError")
      if (behavior.unknownAfter === "empty-page") return reply([], false)
    }
    const isWanted = (one: Permission) => project_id === undefined || one.project_id === project_id
    const rest = ordered.slice(at + 1)
    const most = Math.min(limit, behavior.maxLimit)
    const size = behavior.shortPages === "random" ? 1 + Math.floor(chance() * most) : most
    if (behavior.shortPages === "filter-after-limit") {
      const scanned = rest.slice(0, size)
      return reply(scanned.filter(isWanted), rest.length > size, scanned.at(-1)?.id)
    }
    const matching = rest.filter(isWanted)
    return reply(matching.slice(0, size), matching.length > size)
  }
  return {
    permissions: () => stored,
    requests: () => requests,
    remove: (id) => {
      stored = stored.filter((one) => one.id !== id)
    },
    add: (id, project) => {
      stored = [...stored, item(id, project)]
    },
    list
  }
}
