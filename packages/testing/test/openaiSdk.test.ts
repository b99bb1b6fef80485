import { Emulator, FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import OpenAI from "openai"

const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

/** The permissions of the official SDK, pointed at the emulator. */
const sdk = (key = "sk-admin-1") =>
  Effect.map(
    Emulator.Emulator,
    ({ baseUrl }) =>
      new OpenAI({ adminAPIKey: key, apiKey: null, baseURL: baseUrl, maxRetries: 0 }).fineTuning.checkpoints.permissions
  )

const failure = (call: () => PromiseLike<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: async () => await call(), catch: (error) => error }))

describe("the openai SDK on the emulator", () => {
  it.effect("creates, lists across pages, deletes", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const created = yield* Effect.promise(() => permissions.create(checkpoint, { project_ids: ["proj_a"] }))
      const [one] = created.data
      assert.strictEqual(one?.project_id, "proj_a")
      const all = yield* Effect.promise(async () => {
        const projects: Array<string> = []
        for await (const permission of permissions.list(checkpoint, { limit: 10 })) projects.push(permission.project_id)
        return projects
      })
      assert.lengthOf(new Set(all), 26)
      const gone = yield* Effect.promise(() =>
        permissions.delete(String(one?.id), { fine_tuned_model_checkpoint: checkpoint })
      )
      assert.isTrue(gone.deleted)
      assert.lengthOf(yield* (yield* FakePermissions.FakePermissions).projects(checkpoint), 25)
    }).pipe(
      Effect.provide(Emulator.layer({ seed: { [checkpoint]: Array.from({ length: 25 }, (_, i) => `proj_${i}`) } }))
    )
  )

  it.effect("has its own errors of a key, a rate that the clock ends, HTML and a lost connection", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const wrong = yield* sdk("sk-wrong")
      const fake = yield* FakePermissions.FakePermissions
      assert.instanceOf(yield* failure(() => wrong.list(checkpoint)), OpenAI.AuthenticationError)
      yield* Effect.promise(() => permissions.list(checkpoint))
      assert.instanceOf(yield* failure(() => permissions.list(checkpoint)), OpenAI.RateLimitError)
      yield* TestClock.adjust("1 minute")
      yield* Effect.promise(() => permissions.list(checkpoint))
      yield* fake.setBehavior({ rate: "unlimited" })
      yield* fake.inject([Faults.html(502), Faults.dropAfter()])
      assert.instanceOf(yield* failure(() => permissions.list(checkpoint)), OpenAI.InternalServerError)
      assert.instanceOf(yield* failure(() => permissions.list(checkpoint)), OpenAI.APIConnectionError)
    }).pipe(
      Effect.provide(
        Emulator.layer({
          behavior: { keys: [ServerBehavior.adminKey("sk-admin-1")], rate: { requests: 1, per: "1 minute" } }
        })
      )
    )
  )
})
