import { type behavior, server } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { ask, checkpoint, create } from "./support.ts"

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

/** A list with pages: a server with so many items of it, its path, and the ids in the order of the list. */
interface List {
  readonly name: string
  readonly path: string
  readonly start: (count: number, settings: behavior.Settings) => server.State
  readonly ids: (count: number) => ReadonlyArray<string>
}

const model = (n: string) => `ft:gpt-4o-mini-2024-07-18:org:weather:${n}`

const padded = (prefix: string) => (count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(count - i).padStart(24, "0")}`)

const granted = (count: number, settings: behavior.Settings) => {
  const start = server.start({ behavior: { ...settings, maxProjects: 1000 } }, 0)
  return count === 0 ? start : server.handle(start, create(...numbered(count, "proj_")), 0).state
}

const lists: ReadonlyArray<List> = [
  {
    name: "permissions",
    path: `/fine_tuning/checkpoints/${checkpoint}/permissions`,
    start: granted,
    ids: padded("cp_")
  },
  {
    name: "jobs",
    path: "/fine_tuning/jobs",
    start: (count, settings) => {
      const jobs = numbered(count, "ftjob-").map((id) => ({ id, fine_tuned_model: model(id.slice(6)) }))
      return server.start({ organization: { jobs }, behavior: settings }, 0)
    },
    ids: (count) => numbered(count, "ftjob-").reverse()
  },
  {
    name: "job checkpoints",
    path: "/fine_tuning/jobs/ftjob-a/checkpoints",
    start: (count, settings) => {
      const job = { id: "ftjob-a", fine_tuned_model: null, checkpoints: numbered(count, "").map(model) }
      return server.start({ organization: { jobs: [job] }, behavior: settings }, 0)
    },
    ids: (count) => numbered(count, "ftckpt_a_").reverse()
  },
  {
    name: "projects",
    path: "/organization/projects",
    start: (count, settings) =>
      server.start({ organization: { projects: numbered(count, "proj_") }, behavior: settings }, 0),
    ids: (count) => numbered(count, "proj_")
  },
  { name: "audit logs", path: "/organization/audit_logs", start: granted, ids: padded("audit_log-") }
]

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

describe.each(lists)("$name", ({ ids, path, start }) => {
  it("`after` the last id of each page: every item once, in order, at any limits", () =>
    fc.assert(
      fc.property(someCount, someLimits, (count, limits) => {
        const pages = walk(start(count, {}), path, limits, after)
        assert.deepStrictEqual(
          pages.flatMap((page) => page.ids),
          ids(count)
        )
      })
    ))
})

describe("audit logs", () => {
  const path = "/organization/audit_logs"

  it("`before` the first id of each page: every item once, from the oldest on", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), someLimits, (count, limits) => {
        const all = padded("audit_log-")(count)
        const last = all.at(-1) ?? ""
        const pages = walk(granted(count, {}), path, limits, before, [["before", last]])
        const found = [...pages].reverse().flatMap((page) => page.ids)
        assert.deepStrictEqual([...found, last], all)
      })
    ))

  it("`after` and `before` together: what is between", () =>
    fc.assert(
      fc.property(fc.nat(11), fc.nat(11), fc.integer({ min: 1, max: 12 }), (from, to, limit) => {
        const all = padded("audit_log-")(12)
        const found = get(granted(12, {}), path, [
          ["after", all[from] ?? ""],
          ["before", all[to] ?? ""],
          ["limit", String(limit)]
        ])
        const between = all.slice(from + 1, to)
        assert.deepStrictEqual(found, { ids: between.slice(0, limit), hasMore: between.length > limit })
      })
    ))
})
