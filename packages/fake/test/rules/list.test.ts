import { behavior } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { checkpoint, failed, field, items, projects, rule, type Server, within } from "./server.ts"

const numbered = (n: number) => Array.from({ length: n }, (_, i) => `proj_${i}`)

/** Lists to the end as an honest client does: from `last_id` to `last_id` while `has_more`. */
const listAll = async (list: Server["list"], query: Readonly<Record<string, string>>) => {
  const pages: Array<ReadonlyArray<unknown>> = []
  let after: string | undefined
  for (;;) {
    const page = await list(after === undefined ? query : { ...query, after })
    assert.strictEqual(page.status, 200)
    pages.push(projects(page))
    if (field(page.body, "has_more") === false) return pages
    const lastId = field(page.body, "last_id")
    assert.isString(lastId)
    after = String(lastId)
    assert.isBelow(pages.length, 1000)
  }
}

describe("list", () => {
  rule(
    "answers every field: object, data, first_id, last_id, has_more; id, created_at, object, project_id",
    {
      seed: {
        [checkpoint]: [
          { id: "cp_b", created_at: 1721764900, project_id: "proj_b" },
          { id: "cp_a", created_at: 1721764867, project_id: "proj_a" }
        ]
      }
    },
    async ({ list }) => {
      const page = await list()
      assert.strictEqual(page.status, 200)
      assert.deepStrictEqual(page.body, {
        object: "list",
        data: [
          { id: "cp_b", created_at: 1721764900, object: "checkpoint.permission", project_id: "proj_b" },
          { id: "cp_a", created_at: 1721764867, object: "checkpoint.permission", project_id: "proj_a" }
        ],
        first_id: "cp_b",
        last_id: "cp_a",
        has_more: false
      })
    }
  )

  rule("an empty page has first_id and last_id null and has_more false", {}, async ({ list }) => {
    const page = await list()
    assert.deepStrictEqual(page.body, { object: "list", data: [], first_id: null, last_id: null, has_more: false })
  })

  rule(
    "limit: 10 by default, or what defaultLimit says",
    { seed: { [checkpoint]: numbered(11) } },
    async ({ fake, list }) => {
      const page = await list()
      assert.lengthOf(projects(page), 10)
      assert.strictEqual(field(page.body, "has_more"), true)
      fake.setBehavior({ defaultLimit: 4 })
      assert.lengthOf(projects(await list()), 4)
    }
  )

  rule(
    "project_id: only permissions of that project, and of the checkpoint",
    {
      seed: {
        [checkpoint]: [
          { id: "cp_1", project_id: "proj_a" },
          { id: "cp_2", project_id: "proj_b" },
          { id: "cp_3", project_id: "proj_a" }
        ]
      }
    },
    async ({ list }) => {
      const page = await list({ project_id: "proj_a" })
      assert.deepStrictEqual(items(page, "id"), ["cp_3", "cp_1"])
      assert.deepStrictEqual(projects(await list({ project_id: "proj_z" })), [])
      assert.deepStrictEqual(projects(await list({}, { checkpoint: "ft:other" })), [])
      assert.deepStrictEqual(items(await list({ project_id: "proj_a", after: "cp_2" }), "id"), ["cp_1"])
    }
  )

  it.each([
    ["limit", "ten", "invalid_type"],
    ["limit", "1.5", "invalid_type"],
    ["limit", "NaN", "invalid_type"],
    ["limit", "0", "integer_below_min_value"],
    ["limit", "-1", "integer_below_min_value"],
    ["limit", "", "invalid_value"],
    ["order", "desc", "invalid_value"],
    ["order", "asc", "invalid_value"],
    ["after", "", "invalid_value"],
    ["project_id", "", "invalid_value"],
    ["limit", ["1", "2"], "invalid_value"],
    ["before", "cp_1", "unknown_parameter"],
    ["projectId", "proj_a", "unknown_parameter"]
  ] as const)("400 for %s=%s", (param, value, code) =>
    within({}, async ({ list }) => {
      // Azure's parameter is one of any call
      const query = [value].flat().map((one) => [param, one] as const)
      failed(await list([["api-version", "2024-10-21"], ...query]), 400, { param, code })
    })
  )

  rule(
    "unknownAfter: an id that is gone is as one that never was",
    { seed: { [checkpoint]: numbered(5) } },
    async ({ fake, list }) => {
      const cursor = String(field((await list({ limit: "2" })).body, "last_id"))
      fake.remove(checkpoint, cursor)
      for (const after of ["cp_never", cursor]) {
        failed(await list({ after }), 400, { param: "after", message: new RegExp(after) })
      }
      fake.setBehavior({ unknownAfter: "restart" })
      assert.deepStrictEqual(projects(await list({ limit: "1", after: cursor })), ["proj_4"])
    }
  )

  rule(
    "shortPages: every-other halves each second page though there is more",
    { seed: { [checkpoint]: numbered(25) }, behavior: { shortPages: "every-other" } },
    async ({ list }) => {
      const pages = await listAll(list, { limit: "10" })
      assert.deepStrictEqual(
        pages.map((page) => page.length),
        [10, 5, 10]
      )
    }
  )

  rule(
    "shortPages: filter-after-limit leaves pages short and empty, and names a cursor that is not on them",
    { seed: { [checkpoint]: numbered(10) }, behavior: { shortPages: "filter-after-limit" } },
    async ({ list }) => {
      const first = await list({ limit: "3", project_id: "proj_0" })
      assert.deepStrictEqual(projects(first), [])
      assert.strictEqual(field(first.body, "first_id"), null)
      assert.isString(field(first.body, "last_id"))
      const pages = await listAll(list, { limit: "3", project_id: "proj_0" })
      assert.deepStrictEqual(pages, [[], [], [], ["proj_0"]])
    }
  )

  it("whatever the pages are like, together they are the permissions, each once, in order", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        fc.oneof(fc.constantFrom(...behavior.unknowns.shortPages), fc.record({ seed: fc.integer() })),
        (count, limit, isAscending, shortPages) =>
          within({ seed: { [checkpoint]: numbered(count) }, behavior: { shortPages } }, async ({ list }) => {
            const order = isAscending ? "ascending" : "descending"
            const pages = await listAll(list, { limit: String(limit), order })
            assert.deepStrictEqual(pages.flat(), isAscending ? numbered(count) : numbered(count).reverse())
            for (const page of pages) assert.isAtMost(page.length, limit)
          })
      ),
      { numRuns: 25 }
    ))

  rule(
    "unknownCheckpoints: accept lists nothing, not-found is 404",
    { seed: { [checkpoint]: ["proj_a"] } },
    async ({ create, fake, list }) => {
      assert.strictEqual((await list({}, { checkpoint: "ft:unheard" })).status, 200)
      fake.setBehavior({
        unknownCheckpoints: "not-found",
        checkpoints: ["ft:named"],
        owners: { "ft:owned": "proj_own" }
      })
      failed(await list({}, { checkpoint: "ft:unheard" }), 404, { code: "model_not_found" })
      for (const known of ["ft:named", "ft:owned", checkpoint]) {
        assert.strictEqual((await list({}, { checkpoint: known })).status, 200, known)
      }
      failed(await create(["proj_a"], { checkpoint: "ft:unheard" }), 404, { code: "model_not_found" })
    }
  )

  rule("a job checkpoint's own id is answered with 500", {}, async ({ create, list }) => {
    failed(await list({}, { checkpoint: "ftckpt_1" }), 500, { type: "server_error" })
    failed(await create(["proj_a"], { checkpoint: "ftckpt_1" }), 500, { type: "server_error" })
  })
})
