import { ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Predicate, TestClock } from "effect"
import * as fc from "effect/FastCheck"
import {
  call,
  checkpoint,
  create,
  failed,
  fake,
  field,
  items,
  list,
  projects,
  remove,
  type Transport
} from "./transport.ts"

const numbered = (n: number) => Arr.makeBy(n, (i) => `proj_${i}`)

/** Lists to the end as an honest client does: from `last_id` to `last_id` while `has_more`. */
const listAll = (query: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const pages: Array<ReadonlyArray<unknown>> = []
    let after: string | undefined
    for (;;) {
      const page = yield* list(after === undefined ? query : { ...query, after })
      assert.strictEqual(page.status, 200)
      pages.push(projects(page))
      if (field(page.body, "has_more") === false) return pages
      const lastId = field(page.body, "last_id")
      assert.isTrue(Predicate.isString(lastId))
      after = String(lastId)
      assert.isBelow(pages.length, 1000)
    }
  })

export const listing = (name: string, transport: Transport) =>
  describe(`${name}: list`, () => {
    it.effect(
      "answers every field: object, data, first_id, last_id, has_more; id, created_at, object, project_id",
      () =>
        Effect.gen(function* () {
          const page = yield* list()
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
        }).pipe(
          Effect.provide(
            transport({
              seed: {
                [checkpoint]: [
                  { id: "cp_b", created_at: 1721764900, project_id: "proj_b" },
                  { id: "cp_a", created_at: 1721764867, project_id: "proj_a" }
                ]
              }
            })
          )
        )
    )

    it.effect("an empty page has first_id and last_id null and has_more false", () =>
      Effect.gen(function* () {
        const page = yield* list()
        assert.deepStrictEqual(page.body, { object: "list", data: [], first_id: null, last_id: null, has_more: false })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("limit: 10 by default", () =>
      Effect.gen(function* () {
        const page = yield* list()
        assert.lengthOf(projects(page), 10)
        assert.strictEqual(field(page.body, "has_more"), true)
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(11) } })))
    )

    it.effect("limit: has_more is false when the page is exactly full", () =>
      Effect.gen(function* () {
        const page = yield* list({ limit: "3" })
        assert.lengthOf(projects(page), 3)
        assert.strictEqual(field(page.body, "has_more"), false)
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(3) } })))
    )

    it.effect("order: descending (newest first) by default, ascending on request", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(projects(yield* list()), ["proj_2", "proj_1", "proj_0"])
        assert.deepStrictEqual(projects(yield* list({ order: "descending" })), ["proj_2", "proj_1", "proj_0"])
        assert.deepStrictEqual(projects(yield* list({ order: "ascending" })), ["proj_0", "proj_1", "proj_2"])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(3) } })))
    )

    it.effect("after: goes on behind the permission it names, in either order", () =>
      Effect.gen(function* () {
        const first = yield* list({ limit: "2" })
        assert.deepStrictEqual(projects(first), ["proj_4", "proj_3"])
        const after = String(field(first.body, "last_id"))
        assert.deepStrictEqual(projects(yield* list({ limit: "2", after })), ["proj_2", "proj_1"])
        assert.deepStrictEqual(projects(yield* list({ order: "ascending", after })), ["proj_4"])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(5) } })))
    )

    it.effect("project_id: only permissions of that project", () =>
      Effect.gen(function* () {
        const page = yield* list({ project_id: "proj_a" })
        assert.deepStrictEqual(items(page, "id"), ["cp_3", "cp_1"])
        assert.deepStrictEqual(projects(yield* list({ project_id: "proj_z" })), [])
        assert.deepStrictEqual(items(yield* list({ project_id: "proj_a", after: "cp_2" }), "id"), ["cp_1"])
      }).pipe(
        Effect.provide(
          transport({
            seed: {
              [checkpoint]: [
                { id: "cp_1", project_id: "proj_a" },
                { id: "cp_2", project_id: "proj_b" },
                { id: "cp_3", project_id: "proj_a" }
              ]
            }
          })
        )
      )
    )

    it.effect("permissions of another checkpoint are not listed", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(projects(yield* list({}, { checkpoint: "ft:other" })), [])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"] } })))
    )

    it.effect.each([
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
      ["before", "cp_1", "unknown_parameter"],
      ["projectId", "proj_a", "unknown_parameter"]
    ] as const)("400 for %s=%s", ([param, value, code]) =>
      Effect.gen(function* () {
        failed(yield* list({ [param]: value }), 400, { param, code })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("400 for a parameter given twice", () =>
      Effect.gen(function* () {
        const twice = yield* list([
          ["limit", "1"],
          ["limit", "2"]
        ])
        failed(twice, 400, { param: "limit", code: "invalid_value" })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("Azure's api-version is no unknown parameter", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list({ "api-version": "2024-10-21" })).status, 200)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("overLimit: clamp lowers the limit to the maximum", () =>
      Effect.gen(function* () {
        const page = yield* list({ limit: "101" })
        assert.lengthOf(projects(page), 100)
        assert.strictEqual(field(page.body, "has_more"), true)
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(120) }, behavior: { overLimit: "clamp" } })))
    )

    it.effect("overLimit: bad-request refuses a limit over the maximum", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list({ limit: "20" })).status, 200)
        failed(yield* list({ limit: "21" }), 400, { param: "limit", code: "integer_above_max_value" })
      }).pipe(Effect.provide(transport({ behavior: { overLimit: "bad-request", maxLimit: 20 } })))
    )

    it.effect("defaultLimit: how many there are on a page when none are asked for", () =>
      Effect.gen(function* () {
        assert.lengthOf(projects(yield* list()), 4)
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(9) }, behavior: { defaultLimit: 4 } })))
    )

    for (const unknownAfter of ServerBehavior.unknowns.unknownAfter) {
      it.effect(`unknownAfter: ${unknownAfter}, for an id that never was and one that is gone`, () =>
        Effect.gen(function* () {
          const controls = yield* fake
          const first = yield* list({ limit: "2" })
          const cursor = String(field(first.body, "last_id"))
          yield* controls.remove(checkpoint, cursor)
          for (const after of ["cp_never", cursor]) {
            const page = yield* list({ limit: "2", after })
            switch (unknownAfter) {
              case "bad-request":
                failed(page, 400, { param: "after", message: new RegExp(after) })
                break
              case "not-found":
                failed(page, 404, { param: "after", code: "not_found" })
                break
              case "empty-page":
                assert.deepStrictEqual(projects(page), [])
                assert.strictEqual(field(page.body, "has_more"), false)
                break
              case "restart":
                assert.strictEqual(projects(page)[0], projects(first)[0])
            }
          }
        }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(5) }, behavior: { unknownAfter } })))
      )
    }

    it.effect("shortPages: never fills every page but the last", () =>
      Effect.gen(function* () {
        const pages = yield* listAll({ limit: "10" })
        assert.deepStrictEqual(Arr.map(pages, Arr.length), [10, 10, 5])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(25) } })))
    )

    it.effect("shortPages: every-other halves each second page though there is more", () =>
      Effect.gen(function* () {
        const pages = yield* listAll({ limit: "10" })
        assert.deepStrictEqual(Arr.map(pages, Arr.length), [10, 5, 10])
      }).pipe(
        Effect.provide(transport({ seed: { [checkpoint]: numbered(25) }, behavior: { shortPages: "every-other" } }))
      )
    )

    it.effect(
      "shortPages: filter-after-limit leaves pages short and empty, and names a cursor that is not on them",
      () =>
        Effect.gen(function* () {
          const first = yield* list({ limit: "3", project_id: "proj_0" })
          assert.deepStrictEqual(projects(first), [])
          assert.strictEqual(field(first.body, "first_id"), null)
          assert.isString(field(first.body, "last_id"))
          const pages = yield* listAll({ limit: "3", project_id: "proj_0" })
          assert.deepStrictEqual(pages, [[], [], [], ["proj_0"]])
        }).pipe(
          Effect.provide(
            transport({ seed: { [checkpoint]: numbered(10) }, behavior: { shortPages: "filter-after-limit" } })
          )
        )
    )

    it.effect.prop(
      "whatever the pages are like, together they are the permissions, each once, in order",
      {
        count: fc.integer({ min: 0, max: 30 }),
        limit: fc.integer({ min: 1, max: 12 }),
        ascending: fc.boolean(),
        shortPages: fc.oneof(fc.constantFrom(...ServerBehavior.unknowns.shortPages), fc.record({ seed: fc.integer() }))
      },
      ({ ascending, count, limit, shortPages }) =>
        Effect.gen(function* () {
          const pages = yield* listAll({ limit: String(limit), order: ascending ? "ascending" : "descending" })
          const all = numbered(count)
          assert.deepStrictEqual(pages.flat(), ascending ? all : all.reverse())
          for (const page of pages) assert.isAtMost(page.length, limit)
        }).pipe(Effect.provide(transport({ seed: { [checkpoint]: numbered(count) }, behavior: { shortPages } }))),
      { fastCheck: { numRuns: 25 } }
    )

    it.effect("listingLag: a listing shows a grant and a delete only after that time", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* create(["proj_b"])
        yield* remove("cp_a")
        yield* TestClock.adjust("29999 millis")
        assert.deepStrictEqual(projects(yield* list()), ["proj_a"])
        assert.deepStrictEqual(yield* controls.projects(checkpoint), ["proj_b"])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(projects(yield* list()), ["proj_b"])
      }).pipe(
        Effect.provide(
          transport({
            seed: { [checkpoint]: [{ id: "cp_a", project_id: "proj_a" }] },
            behavior: { listingLag: "30 seconds" }
          })
        )
      )
    )

    it.effect("unknownCheckpoints: accept lists nothing, not-found is 404", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        assert.strictEqual((yield* list({}, { checkpoint: "ft:unheard" })).status, 200)
        yield* controls.setBehavior({
          unknownCheckpoints: "not-found",
          checkpoints: ["ft:named"],
          owners: { "ft:owned": "proj_own" }
        })
        failed(yield* list({}, { checkpoint: "ft:unheard" }), 404, { code: "model_not_found" })
        for (const known of ["ft:named", "ft:owned", checkpoint]) {
          assert.strictEqual((yield* list({}, { checkpoint: known })).status, 200, known)
        }
        failed(yield* create(["proj_a"], { checkpoint: "ft:unheard" }), 404, { code: "model_not_found" })
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"] } })))
    )

    it.effect("a job checkpoint's own id is answered with 500", () =>
      Effect.gen(function* () {
        failed(yield* list({}, { checkpoint: "ftckpt_1" }), 500, { type: "server_error" })
        failed(yield* create(["proj_a"], { checkpoint: "ftckpt_1" }), 500, { type: "server_error" })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("a colon in the path can be raw or %3A, and any other id can be encoded", () =>
      Effect.gen(function* () {
        const raw = yield* call("GET", { path: `/fine_tuning/checkpoints/${checkpoint}/permissions` })
        assert.deepStrictEqual(projects(raw), ["proj_a"])
        assert.deepStrictEqual(projects(yield* list()), ["proj_a"])
        assert.deepStrictEqual(projects(yield* list({}, { checkpoint: "a/b ?#%é" })), ["proj_b"])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"], "a/b ?#%é": ["proj_b"] } })))
    )
  })
