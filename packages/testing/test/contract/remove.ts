import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkpoint, failed, fake, remove, type Transport } from "./transport.ts"

export const removing = (name: string, transport: Transport) =>
  describe(`${name}: delete`, () => {
    it.effect("answers every field: id, object, deleted", () =>
      Effect.gen(function* () {
        const reply = yield* remove("cp_1")
        assert.strictEqual(reply.status, 200)
        assert.deepStrictEqual(reply.body, { id: "cp_1", object: "checkpoint.permission", deleted: true })
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_b"])
      }).pipe(
        Effect.provide(
          transport({
            seed: {
              [checkpoint]: [
                { id: "cp_1", project_id: "proj_a" },
                { id: "cp_2", project_id: "proj_b" }
              ]
            }
          })
        )
      )
    )

    it.effect("deleteGone: not-found is 404", () =>
      Effect.gen(function* () {
        failed(yield* remove("cp_1"), 404, { message: /cp_1/, param: "permission_id", code: "not_found" })
      }).pipe(Effect.provide(transport()))
    )

    it.effect.each([
      ["deleted-false", false],
      ["deleted-true", true]
    ] as const)("deleteGone: %s is 200 with deleted %s", ([deleteGone, deleted]) =>
      Effect.gen(function* () {
        const reply = yield* remove("cp_1")
        assert.strictEqual(reply.status, 200)
        assert.deepStrictEqual(reply.body, { id: "cp_1", object: "checkpoint.permission", deleted })
      }).pipe(Effect.provide(transport({ behavior: { deleteGone } })))
    )

    it.effect("a permission of another checkpoint is not there", () =>
      Effect.gen(function* () {
        failed(yield* remove("cp_1", { checkpoint: "ft:other" }), 404, {})
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_a"])
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: [{ id: "cp_1", project_id: "proj_a" }] } })))
    )

    it.effect("owners: a permission of the owning project cannot be deleted", () =>
      Effect.gen(function* () {
        failed(yield* remove("cp_1"), 400, {
          message: /^Cannot modify checkpoint permissions for the owning project: proj_own$/
        })
        assert.deepStrictEqual(yield* (yield* fake).projects(checkpoint), ["proj_own"])
      }).pipe(
        Effect.provide(
          transport({
            seed: { [checkpoint]: [{ id: "cp_1", project_id: "proj_own" }] },
            behavior: { owners: { [checkpoint]: "proj_own" } }
          })
        )
      )
    )

    it.effect("400 for an unknown query parameter", () =>
      Effect.gen(function* () {
        failed(yield* remove("cp_1", { query: { force: "true" } }), 400, { param: "force", code: "unknown_parameter" })
      }).pipe(Effect.provide(transport()))
    )
  })
