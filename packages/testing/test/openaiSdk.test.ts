import { Emulator, FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import OpenAI from "openai"

const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
const admin = "sk-admin-1"

const keys = [
  ServerBehavior.adminKey(admin),
  ServerBehavior.ordinaryKey("sk-proj-1"),
  ServerBehavior.readOnlyKey("sk-read-1")
]

/** The permissions of the official SDK, pointed at the emulator. */
const sdk = (key = admin) =>
  Effect.map(
    Emulator.Emulator,
    ({ baseUrl }) =>
      new OpenAI({ adminAPIKey: key, apiKey: null, baseURL: baseUrl, maxRetries: 0 }).fineTuning.checkpoints.permissions
  )

const failure = (call: () => PromiseLike<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: async () => await call(), catch: (error) => error }))

describe("the openai SDK on the emulator", () => {
  it.effect("creates, and reads every field of what was created", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const page = yield* Effect.promise(() => permissions.create(checkpoint, { project_ids: ["proj_a", "proj_b"] }))
      assert.deepEqual(page.data, [
        { id: "cp_000000000000000000000001", created_at: 0, object: "checkpoint.permission", project_id: "proj_a" },
        { id: "cp_000000000000000000000002", created_at: 0, object: "checkpoint.permission", project_id: "proj_b" }
      ])
      assert.deepStrictEqual(yield* (yield* FakePermissions.FakePermissions).projects(checkpoint), ["proj_a", "proj_b"])
    }).pipe(Effect.provide(Emulator.layer({ behavior: { keys } })))
  )

  it.effect("lists across pages, with every parameter", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const fake = yield* FakePermissions.FakePermissions
      const all = yield* Effect.promise(async () => {
        const projects: Array<string> = []
        for await (const permission of permissions.list(checkpoint, { limit: 10 })) projects.push(permission.project_id)
        return projects
      })
      assert.deepStrictEqual(
        all,
        Array.from({ length: 25 }, (_, i) => `proj_${24 - i}`)
      )
      const queries = (yield* fake.requests).map(({ query }) => query)
      assert.lengthOf(queries, 3)
      assert.deepStrictEqual(queries[2], { limit: "10", after: "cp_000000000000000000000006" })
      const one = yield* Effect.promise(() =>
        permissions.list(checkpoint, {
          project_id: "proj_3",
          order: "ascending",
          limit: 5,
          after: "cp_000000000000000000000001"
        })
      )
      assert.deepStrictEqual(
        one.data.map(({ project_id }) => project_id),
        ["proj_3"]
      )
      assert.isFalse(one.has_more)
    }).pipe(
      Effect.provide(
        Emulator.layer({
          behavior: { keys },
          seed: { [checkpoint]: Array.from({ length: 25 }, (_, i) => `proj_${i}`) }
        })
      )
    )
  )

  it.effect("retrieves, the older name of list", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const page = yield* Effect.promise(() => permissions.retrieve(checkpoint, { limit: 1 }))
      assert.strictEqual(page.object, "list")
      assert.isTrue(page.has_more)
      assert.strictEqual(page.first_id, "cp_000000000000000000000002")
      assert.strictEqual(page.last_id, "cp_000000000000000000000002")
    }).pipe(Effect.provide(Emulator.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })))
  )

  it.effect("deletes", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const reply = yield* Effect.promise(() => permissions.delete("cp_1", { fine_tuned_model_checkpoint: checkpoint }))
      assert.deepEqual(reply, { id: "cp_1", object: "checkpoint.permission", deleted: true })
    }).pipe(Effect.provide(Emulator.layer({ seed: { [checkpoint]: [{ id: "cp_1", project_id: "proj_a" }] } })))
  )

  it.effect("a wrong key is its AuthenticationError", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk("sk-wrong")
      const error = yield* failure(() => permissions.list(checkpoint))
      assert.instanceOf(error, OpenAI.AuthenticationError)
      assert.strictEqual(error.code, "invalid_api_key")
      assert.match(error.message, /Incorrect API key provided/)
      assert.match(String(error.requestID), /^req_/)
    }).pipe(Effect.provide(Emulator.layer({ behavior: { keys } })))
  )

  it.effect("a missing scope is its AuthenticationError that names the scope", () =>
    Effect.gen(function* () {
      const ordinary = yield* sdk("sk-proj-1")
      const listed = yield* failure(() => ordinary.list(checkpoint))
      assert.instanceOf(listed, OpenAI.AuthenticationError)
      assert.match(listed.message, /Missing scopes: api\.fine_tuning\.checkpoints\.read/)
      const readOnly = yield* sdk("sk-read-1")
      const created = yield* failure(() => readOnly.create(checkpoint, { project_ids: ["proj_a"] }))
      assert.instanceOf(created, OpenAI.AuthenticationError)
      assert.match(created.message, /Missing scopes: api\.fine_tuning\.checkpoints\.write/)
    }).pipe(Effect.provide(Emulator.layer({ behavior: { keys } })))
  )

  it.effect("a missing scope with 403 is its PermissionDeniedError", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk("sk-proj-1")
      assert.instanceOf(yield* failure(() => permissions.list(checkpoint)), OpenAI.PermissionDeniedError)
    }).pipe(Effect.provide(Emulator.layer({ behavior: { keys, missingScopeStatus: 403 } })))
  )

  it.effect("an unknown checkpoint permission is its NotFoundError", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const error = yield* failure(() => permissions.delete("cp_1", { fine_tuned_model_checkpoint: checkpoint }))
      assert.instanceOf(error, OpenAI.NotFoundError)
      assert.strictEqual(error.param, "permission_id")
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("a rate limit is its RateLimitError, and is over when the clock says so", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      yield* Effect.promise(() => permissions.list(checkpoint))
      const error = yield* failure(() => permissions.list(checkpoint))
      assert.instanceOf(error, OpenAI.RateLimitError)
      assert.strictEqual(error.code, "rate_limit_exceeded")
      yield* TestClock.adjust("1 minute")
      yield* Effect.promise(() => permissions.list(checkpoint))
    }).pipe(Effect.provide(Emulator.layer({ behavior: { rate: { requests: 1, per: "1 minute" } } })))
  )

  it.effect("its other errors: bad request, conflict, a server's failure, a lost connection", () =>
    Effect.gen(function* () {
      const permissions = yield* sdk()
      const fake = yield* FakePermissions.FakePermissions
      assert.instanceOf(
        yield* failure(() => permissions.create(checkpoint, { project_ids: [] })),
        OpenAI.BadRequestError
      )
      assert.instanceOf(
        yield* failure(() => permissions.create(checkpoint, { project_ids: ["proj_a"] })),
        OpenAI.ConflictError
      )
      yield* fake.inject([Faults.html(502), Faults.dropAfter()])
      assert.instanceOf(yield* failure(() => permissions.list(checkpoint)), OpenAI.InternalServerError)
      assert.instanceOf(yield* failure(() => permissions.list(checkpoint)), OpenAI.APIConnectionError)
    }).pipe(Effect.provide(Emulator.layer({ seed: { [checkpoint]: ["proj_a"] }, behavior: { regrant: "conflict" } })))
  )
})
