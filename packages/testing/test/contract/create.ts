import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { call, checkpoint, create, failed, fake, field, items, list, projects, type Transport } from "./transport.ts"

export const creating = (name: string, transport: Transport) =>
  describe(`${name}: create`, () => {
    it.effect("answers a page with the permissions, in the order asked for", () =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1721764867900 millis")
        const page = yield* create(["proj_b", "proj_a"])
        assert.strictEqual(page.status, 200)
        assert.deepStrictEqual(page.body, {
          object: "list",
          data: [
            {
              id: "cp_000000000000000000000001",
              created_at: 1721764867,
              object: "checkpoint.permission",
              project_id: "proj_b"
            },
            {
              id: "cp_000000000000000000000002",
              created_at: 1721764867,
              object: "checkpoint.permission",
              project_id: "proj_a"
            }
          ],
          first_id: "cp_000000000000000000000001",
          last_id: "cp_000000000000000000000002",
          has_more: false
        })
        assert.deepStrictEqual(projects(yield* list()), ["proj_a", "proj_b"])
      }).pipe(Effect.provide(transport()))
    )

    it.effect("regrant: existing answers the permission there is", () =>
      Effect.gen(function* () {
        const page = yield* create(["proj_b", "proj_a"])
        assert.deepStrictEqual(items(page, "id")[1], "cp_old")
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_a", "proj_b"])
        assert.deepStrictEqual(projects(yield* create(["proj_c", "proj_c"])), ["proj_c", "proj_c"])
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_a", "proj_b", "proj_c"])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: [{ project_id: "proj_a", id: "cp_old" }] } })))
    )

    it.effect("regrant: second makes another one", () =>
      Effect.gen(function* () {
        const page = yield* create(["proj_a"])
        assert.notStrictEqual(items(page, "id")[0], "cp_old")
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_a", "proj_a"])
      }).pipe(
        Effect.provide(
          transport({
            seed: { [checkpoint]: [{ project_id: "proj_a", id: "cp_old" }] },
            behavior: { regrant: "second" }
          })
        )
      )
    )

    it.effect.each([
      ["conflict", 409],
      ["bad-request", 400]
    ] as const)("regrant: %s is status %i", ([regrant, status]) =>
      Effect.gen(function* () {
        failed(yield* create(["proj_a"]), status, { code: "already_exists", message: /proj_a already has access/ })
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_a"])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"] }, behavior: { regrant } })))
    )

    it.effect.each([
      ["nothing", ["proj_a"]],
      ["others", ["proj_a", "proj_b", "proj_c"]]
    ] as const)("partialCreate: %s, of which one is refused", ([partialCreate, after]) =>
      Effect.gen(function* () {
        failed(yield* create(["proj_b", "proj_own", "proj_c"]), 400, {
          message: /^Cannot modify checkpoint permissions for the owning project: proj_own$/,
          param: null,
          code: null
        })
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), after)
      }).pipe(
        Effect.provide(
          transport({
            seed: { [checkpoint]: ["proj_a"] },
            behavior: { partialCreate, owners: { [checkpoint]: "proj_own" } }
          })
        )
      )
    )

    it.effect("partialCreate: nothing also when the refusal is of a regrant", () =>
      Effect.gen(function* () {
        failed(yield* create(["proj_b", "proj_a"]), 409, {})
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_a"])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"] }, behavior: { regrant: "conflict" } })))
    )

    it.effect("owners: the owner of one checkpoint can be granted another", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* create(["proj_own"], { checkpoint: "ft:other" })).status, 200)
      }).pipe(Effect.provide(transport({ behavior: { owners: { [checkpoint]: "proj_own" } } })))
    )

    it.effect("maxProjects: a create takes so many and no more", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* create(["proj_a", "proj_b"])).status, 200)
        failed(yield* create(["proj_c", "proj_d", "proj_e"]), 400, {
          param: "project_ids",
          code: "array_above_max_length"
        })
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_a", "proj_b"])
      }).pipe(Effect.provide(transport({ behavior: { maxProjects: 2 } })))
    )

    it.effect.each([
      ["project_ids missing", {}, "project_ids", "missing_required_parameter"],
      ["project_ids empty", { project_ids: [] }, "project_ids", "empty_array"],
      ["project_ids a string", { project_ids: "proj_a" }, "project_ids", "invalid_type"],
      ["project_ids null", { project_ids: null }, "project_ids", "invalid_type"],
      ["an item a number", { project_ids: ["proj_a", 1] }, "project_ids[1]", "invalid_type"],
      ["an item empty", { project_ids: [""] }, "project_ids[0]", "invalid_value"],
      ["an unknown property", { project_ids: ["proj_a"], project_id: "proj_b" }, "project_id", "unknown_parameter"],
      ["an array", ["proj_a"], "body", "invalid_type"],
      ["a string", "proj_a", "body", "invalid_type"],
      ["null", null, "body", "invalid_type"]
    ] as const)("400 for a body with %s", ([, json, param, code]) =>
      Effect.gen(function* () {
        failed(yield* call("POST", { json }), 400, { param, code })
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), [])
      }).pipe(Effect.provide(transport()))
    )

    it.effect.each([["", "{", "project_ids=proj_a", '{"project_ids":["proj_a"]'] as const].flat())(
      "400 for a body that is not JSON: %s",
      (text) =>
        Effect.gen(function* () {
          failed(yield* call("POST", { text }), 400, { message: /could not parse the JSON body/ })
        }).pipe(Effect.provide(transport()))
    )

    it.effect("400 for a content type that is not JSON", () =>
      Effect.gen(function* () {
        const reply = yield* call("POST", { text: '{"project_ids":["proj_a"]}', contentType: "text/plain" })
        failed(reply, 400, { code: "unsupported_content_type" })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("400 for an unknown query parameter", () =>
      Effect.gen(function* () {
        failed(yield* create(["proj_a"], { query: { limit: "1" } }), 400, { param: "limit", code: "unknown_parameter" })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("created_at follows the clock and orders the listing", () =>
      Effect.gen(function* () {
        yield* create(["proj_a"])
        yield* TestClock.adjust("90 seconds")
        const page = yield* create(["proj_b"])
        assert.strictEqual(field(page.body, "data", 0, "created_at"), 90)
        assert.deepStrictEqual(items(yield* list(), "created_at"), [90, 0])
      }).pipe(Effect.provide(transport()))
    )
  })
