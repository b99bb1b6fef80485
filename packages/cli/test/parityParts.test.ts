import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Redacted } from "effect"
import * as Request from "../src/internal/parity/exchange.ts"
import { type ApiResponse, pageOf } from "../src/internal/parity/exchange.ts"
import * as Setting from "../src/internal/parity/outcomes.ts"
import { patternOf } from "../src/internal/parity/reads.ts"
import * as Transport from "../src/internal/parity/transport.ts"
import { checkpoint } from "./support/parityServer.ts"
import { scopedWith } from "./support/test.ts"

const answer = (status: number, body: unknown): ApiResponse => ({ status, headers: {}, body })
const refusal = (status: number, error: object = {}) => answer(status, { error: { message: "Of proj_a.", ...error } })

describe("outcomes", () => {
  const meanings: ReadonlyArray<readonly [string, (answer: ApiResponse) => object]> = [
    ["unknownCheckpoints", Setting.unknownCheckpoints],
    ["overLimit", Setting.overLimit],
    ["underLimit", Setting.underLimit],
    ["unknownAfter", (one) => Setting.unknownAfter(one, false)],
    ["missingScopeStatus", Setting.missingScopeStatus],
    ["unsetModelPermissions", (one) => Setting.unsetModelPermissions([one])],
    ["auditLog", Setting.auditLog],
    ["regrant", (one) => Setting.regrant(one, pageOf(one), "cp_1")],
    ["deleteGone", Setting.deleteGone]
  ]

  it.each(meanings)("%s: an unknown reply yields no setting", (_, meaning) => {
    for (const status of [200, 301, 400, 403, 404, 409]) {
      for (const body of [undefined, "<html>", {}, [], { error: "No." }, { error: { message: 1 } }, { data: {} }]) {
        assert.property(meaning(answer(status, body)), "notObservable", `${status} ${JSON.stringify(body)}`)
      }
      const url = refusal(status, { message: "Invalid URL (GET /v2/fine_tuning)" })
      assert.property(meaning(url), "notObservable", `${status} invalid URL`)
    }
    for (const status of [418, 500, 502]) assert.property(meaning(refusal(status)), "notObservable")
    for (const status of [401, 418]) assert.notInclude(JSON.stringify(meaning(refusal(status))), "proj_a")
  })

  it("a missing scope is distinguished from other refusals of the key", () => {
    assert.property(Setting.missingScopeStatus(refusal(401, { code: "invalid_api_key" })), "notObservable")
    assert.deepStrictEqual(Setting.missingScopeStatus(refusal(403, { code: "missing_scope" })), { found: 403 })
  })

  it.each<[ReadonlyArray<number>, number | undefined, string | undefined]>([
    [[50, 50, 50, 50], undefined, "full"],
    [[25, 50, 25, 50], undefined, "every-other"],
    [[51, 26, 51], 51, "every-other"],
    [[50, 50, 49, 50], undefined, "random"],
    [[25, 25, 25], 50, "random"],
    [[50, 50], undefined, undefined],
    [[4, 4, 4, 4], undefined, undefined]
  ])("pages of %j with limit %s: %s", (sizes, limit, pattern) => {
    assert.strictEqual(patternOf(sizes, limit), pattern)
  })
})

describe("transport", () => {
  const transport = (maxRequests: number) =>
    Effect.gen(function* () {
      const { httpClient } = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-secret") })
      return Transport.make(httpClient, { interval: Duration.seconds(10), maxRequests, onRequest: () => Effect.void })
    })

  it.effect("sends one request of an operation in an interval; other operations do not wait for it", () =>
    Effect.gen(function* () {
      const { send, waitUntilIdle } = yield* transport(20)
      for (let i = 0; i < 3; i++) yield* send(Request.list(checkpoint))
      yield* send(Request.models)
      const fake = yield* FakePermissions.FakePermissions
      const requests = yield* fake.requests
      assert.deepStrictEqual(
        requests.map(({ operation, time }) => [operation, time]),
        [
          ["list", 0],
          ["list", 10_000],
          ["list", 20_000],
          ["list-models", 20_000]
        ]
      )
      assert.isTrue(requests.every(({ headers }) => headers["authorization"] === "Bearer <redacted>"))
      yield* waitUntilIdle
      assert.strictEqual(yield* Clock.currentTimeMillis, 30_000)
    }).pipe(Effect.provide(FakePermissions.layer()), VirtualClock.run)
  )

  scopedWith(
    "interrupts a wait before a request immediately, also in an uninterruptible region",
    FakePermissions.layer(),
    function* () {
      const fake = yield* FakePermissions.FakePermissions
      const { send } = yield* transport(20)
      yield* send(Request.create(checkpoint, ["proj_a"]))
      const paced = yield* Effect.fork(Effect.uninterruptible(send(Request.create(checkpoint, ["proj_b"]))))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(paced)
      yield* fake.inject(Faults.rateLimited())
      const refused = yield* Effect.fork(Effect.uninterruptible(send(Request.models)))
      yield* fake.awaitRequests(2)
      yield* Fiber.interrupt(refused)
      assert.deepStrictEqual(yield* fake.projects(checkpoint), ["proj_a"])
      assert.lengthOf(yield* fake.requests, 2)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }
  )

  it.effect("waits out a 429, and counts every attempt", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject([Faults.rateLimited(), Faults.rateLimited({ "retry-after": "90" })])
      const { responses, send } = yield* transport(4)
      assert.strictEqual((yield* send(Request.create(checkpoint, ["proj_a"]))).status, 200)
      assert.strictEqual(yield* Clock.currentTimeMillis, 150_000)
      assert.lengthOf(responses, 3)
      assert.strictEqual((yield* send(Request.models)).status, 200)
      const over = yield* Effect.flip(send(Request.models))
      assert.deepStrictEqual([over.sent, over.reason], [false, "the limit of 4 requests is reached"])
      assert.lengthOf(yield* fake.requests, 4)
    }).pipe(Effect.provide(FakePermissions.layer()), VirtualClock.run)
  )

  it.effect("repeats a GET after a lost reply, but no POST; no error contains the key", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const { send } = yield* transport(20)
      yield* fake.inject(Faults.dropAfter())
      assert.strictEqual((yield* send(Request.list(checkpoint))).status, 200)
      yield* fake.inject(Faults.dropAfter())
      const lost = yield* Effect.flip(send(Request.create(checkpoint, ["proj_a"])))
      assert.isTrue(lost.sent)
      assert.notInclude(JSON.stringify(lost) + String(lost.stack), "secret")
      yield* fake.inject(Faults.endless({ chunk: 0 }), { times: 3 })
      const silent = yield* Effect.flip(send(Request.list(checkpoint)))
      assert.strictEqual(silent.reason, "no answer within 30s")
      yield* fake.inject(Faults.endless({ chunk: 0 }))
      const unsaid = yield* Effect.flip(Effect.uninterruptible(send(Request.create(checkpoint, ["proj_b"]))))
      assert.strictEqual(unsaid.reason, "no answer within 30s")
      for (const final of [Faults.quotaExhausted, Faults.rateLimited({ "retry-after": "3600" })]) {
        yield* fake.inject(final)
        assert.strictEqual((yield* Effect.flip(send(Request.models))).reason, "the server answers 429")
      }
    }).pipe(Effect.provide(FakePermissions.layer()), VirtualClock.run)
  )
})
