import { server } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { ask, create } from "./support.ts"

interface Page {
  readonly ids: ReadonlyArray<string>
  readonly hasMore: boolean
}

type Query = ReadonlyArray<readonly [string, string]>

const get = (state: server.State, path: string, query: Query): Page => {
  const { body, status } = ask(state, { path, query }, 1_000_000).reply
  assert.strictEqual(status, 200)
  assert(typeof body === "object" && body !== null && "data" in body && Array.isArray(body.data))
  assert("has_more" in body && typeof body.has_more === "boolean")
  return { ids: body.data.map(({ id }) => id), hasMore: body.has_more }
}

const numbered = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`)

const idsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => `audit_log-${String(count - i).padStart(24, "0")}`)

const granted = (count: number) => {
  const start = server.start({ behavior: { maxProjects: 1000 } }, 0)
  return count === 0 ? start : server.handle(start, create(...numbered(count, "proj_")), 0).state
}

const someCount = fc.oneof(fc.nat(12), fc.nat(250))
const someLimits = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 5 })

/** All pages from one end to the other: `next` gives the parameters after a page. */
const walk = (
  state: server.State,
  path: string,
  limits: ReadonlyArray<number>,
  next: (ids: ReadonlyArray<string>) => Query,
  first: Query = []
): ReadonlyArray<Page> => {
  const pages: Array<Page> = []
  let query = first
  do {
    const limit = limits[pages.length % limits.length]
    const page = get(state, path, [...query, ["limit", String(limit)]])
    pages.push(page)
    // A page is full unless it is the last, which is empty only if there is nothing.
    if (page.hasMore) assert.lengthOf(page.ids, Math.min(limit ?? 0, 100))
    else if (pages.length > 1) assert.isNotEmpty(page.ids)
    query = next(page.ids)
  } while (pages.at(-1)?.hasMore)
  return pages
}

const after = (ids: ReadonlyArray<string>): Query => [["after", ids.at(-1) ?? ""]]
const before = (ids: ReadonlyArray<string>): Query => [["before", ids[0] ?? ""]]

/** All lists have the same pages. The log alone has `before`. */
describe("audit logs", () => {
  const path = "/organization/audit_logs"

  it("`after` the last id of each page: every item once, in order, at any limits", () =>
    fc.assert(
      fc.property(someCount, someLimits, (count, limits) => {
        const pages = walk(granted(count), path, limits, after)
        assert.deepStrictEqual(
          pages.flatMap((page) => page.ids),
          idsOf(count)
        )
      })
    ))

  it("`before` the first id of each page: every item once, from the oldest on", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), someLimits, (count, limits) => {
        const all = idsOf(count)
        const last = all.at(-1) ?? ""
        const pages = walk(granted(count), path, limits, before, [["before", last]])
        const found = [...pages].reverse().flatMap((page) => page.ids)
        assert.deepStrictEqual([...found, last], all)
      })
    ))

  it("`after` and `before` together: what is between", () =>
    fc.assert(
      fc.property(fc.nat(11), fc.nat(11), fc.integer({ min: 1, max: 12 }), (from, to, limit) => {
        const all = idsOf(12)
        const found = get(granted(12), path, [
          ["after", all[from] ?? ""],
          ["before", all[to] ?? ""],
          ["limit", String(limit)]
        ])
        const between = all.slice(from + 1, to)
        assert.deepStrictEqual(found, { ids: between.slice(0, limit), hasMore: between.length > limit })
      })
    ))
})
