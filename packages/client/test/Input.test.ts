import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Option, Stream } from "effect"
import { checkpoint, onFake, permissions, server } from "./support/setup.ts"

const hostile = {
  get limit(): number {
    throw new Error("a getter that throws")
  }
}

/** Input from JavaScript, as no type would let it through. */
const wrong: ReadonlyArray<readonly [field: string, what: string, call: (service: Loose) => unknown]> = [
  ["checkpoint", "a key", (service) => service.list("sk-proj-abcdefghijklmnop")],
  ["checkpoint", "a project", (service) => service.list("proj_a")],
  ["checkpoint", "a permission", (service) => service.delete("cp_1", "cp_1")],
  ["checkpoint", "a job", (service) => service.create("ftjob-abc", ["proj_a"])],
  ["checkpoint", "a job's checkpoint", (service) => service.stream("ftckpt_abc")],
  ["projectIds[0]", "a permission", (service) => service.create(checkpoint, ["cp_1"])],
  ["projectIds[1]", "a checkpoint", (service) => service.create(checkpoint, ["proj_a", "ft:a"])],
  ["projectIds[0]", "a key", (service) => service.create(checkpoint, ["sk-admin-abcdefgh"])],
  ["permissionId", "a project", (service) => service.delete(checkpoint, "proj_a")],
  ["permissionId", "a checkpoint", (service) => service.delete(checkpoint, "ft:a")],
  ["after", "a project", (service) => service.list(checkpoint, { after: "proj_a" })],
  ["project_id", "a key", (service) => service.pages(checkpoint, { project_id: "sk-admin-abcdefgh" })],
  ["checkpoint", "nothing", (service) => service.list(undefined)],
  ["checkpoint", "null", (service) => service.stream(null)],
  ["checkpoint", "a number", (service) => service.list(7)],
  ["checkpoint", "an object", (service) => service.list({})],
  ["checkpoint", "a symbol", (service) => service.list(Symbol("ft:a"))],
  ["projectIds", "no list", (service) => service.create(checkpoint, "proj_a")],
  ["projectIds", "nothing", (service) => service.create(checkpoint, undefined)],
  ["projectIds", "an empty list", (service) => service.create(checkpoint, [])],
  ["projectIds[0]", "null", (service) => service.create(checkpoint, [null])],
  ["permissionId", "nothing", (service) => service.delete(checkpoint, undefined)],
  ["params", "null", (service) => service.list(checkpoint, null)],
  ["params", "text", (service) => service.pages(checkpoint, "10")],
  ["limit", "text", (service) => service.stream(checkpoint, { limit: "10" })],
  ["order", "the order of other lists", (service) => service.list(checkpoint, { order: "desc" })],
  ["projectId", "a misspelt filter", (service) => service.list(checkpoint, { projectId: "proj_a" })],
  ["limit", "a getter that throws", (service) => service.list(checkpoint, hostile)]
]

type Loose = Record<"list" | "pages" | "stream" | "create" | "delete", (...args: ReadonlyArray<unknown>) => unknown>

const run = (result: unknown): Effect.Effect<unknown, unknown> =>
  Effect.isEffect(result)
    ? (result as Effect.Effect<unknown, unknown>)
    : Stream.runDrain(result as Stream.Stream<unknown, unknown>)

describe("wrong input is InvalidInputError before a request", () => {
  for (const [field, what, call] of wrong) {
    it.effect(`${field}: ${what}`, () =>
      Effect.gen(function* () {
        const service = (yield* permissions) as unknown as Loose
        const exit = yield* Effect.exit(Effect.suspend(() => run(call(service))))
        assert.isTrue(Exit.isFailure(exit))
        const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
        assert.instanceOf(error, PermissionsError.InvalidInputError)
        assert.strictEqual(error.field, field)
        assert.isAbove(error.reason.length, 5)
        assert.notInclude(error.message, "sk-proj-")
        assert.notInclude(error.message, "sk-admin-")
        assert.deepStrictEqual(yield* (yield* server).requests, [])
      }).pipe(Effect.provide(onFake()))
    )
  }

  it.effect("the functions of the module do the same", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(CheckpointPermissions.list("proj_a"))
      assert.strictEqual(error._tag, "InvalidInputError")
      const failed = yield* Effect.flip(Stream.runDrain(CheckpointPermissions.stream("proj_a")))
      assert.strictEqual(failed._tag, "InvalidInputError")
    }).pipe(Effect.provide(onFake()))
  )
})
