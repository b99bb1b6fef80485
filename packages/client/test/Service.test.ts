import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Duration, Effect, Layer, Logger, Stream } from "effect"
import { scopedWith } from "../../core/test/effects.ts"
import { checkpoint, collect, onFake, permissions, seeded } from "./support/setup.ts"
import { drive } from "./support/time.ts"

describe("a service", () => {
  it.effect("says how long requests will take: the longest of its operations, which are paced each for itself", () =>
    Effect.gen(function* () {
      const { estimate } = yield* permissions
      const minutes = (duration: number) => ({ basis: "configured", duration: Duration.minutes(duration), refused: 0 })
      assert.isTrue(Duration.isZero((yield* estimate({})).duration))
      assert.deepStrictEqual<unknown>(yield* estimate({ list: 11, create: 5, delete: 3 }), minutes(1))
      assert.deepStrictEqual<unknown>(yield* estimate({ list: 1, create: 21 }), minutes(2))
      assert.deepStrictEqual<unknown>(yield* estimate({ delete: 31 }), minutes(3))
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 10, per: "1 minute" }) })))
  )
})

it.effect("a function of the module calls the method of the service in the context, such as one of a class", () =>
  Effect.gen(function* () {
    const service = yield* permissions
    class Replaced implements CheckpointPermissions.Service {
      readonly server = service.server
      readonly httpClient = service.httpClient
      readonly estimate = service.estimate
      readonly retrieve = service.retrieve
      readonly create = service.create
      readonly delete = service.delete
      readonly pages = service.pages
      readonly inner = service
      list(...args: Parameters<typeof service.list>) {
        return this.inner.list(...args)
      }
      stream(...args: Parameters<typeof service.stream>) {
        return this.inner.stream(...args)
      }
    }
    const program = Effect.zip(
      CheckpointPermissions.list(checkpoint),
      Stream.runCollect(CheckpointPermissions.stream(checkpoint))
    )
    const [page, all] = yield* Effect.provideService(
      program,
      CheckpointPermissions.CheckpointPermissions,
      new Replaced()
    )
    assert.deepStrictEqual([page.data.length, all.length], [1, 1])
  }).pipe(Effect.provide(onFake({ fake: seeded(1) })))
)

it.effect("a layer around a program sets options, outside of those within", () =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const note = (what: string) => Effect.sync(() => void seen.push(what))
    const logger = Logger.make(({ message }) => void seen.push(String(message)))
    const around = Layer.mergeAll(
      Layer.succeed(CheckpointPermissions.CurrentCallOptions, {
        urgent: true,
        onReply: ({ status }) => note(`outer ${status}`),
        onWait: ({ reason }) => note(`outer ${reason}`)
      }),
      Logger.replace(Logger.defaultLogger, logger)
    )
    yield* CheckpointPermissions.list(checkpoint).pipe(
      CheckpointPermissions.withOptions({
        onReply: ({ status }) => note(`inner ${status}`),
        onWait: ({ delay, error, operation, reason }) =>
          note(`inner ${operation} ${reason} ${Duration.format(delay)} ${error?._tag}`)
      }),
      Effect.provide(around),
      drive
    )
    const waited = ["inner list retry 20s RateLimitError", "outer retry"]
    assert.deepStrictEqual(seen, ["inner 429", "outer 429", ...waited, "inner 200", "outer 200"])
    assert.strictEqual(yield* Clock.currentTimeMillis, 20_000)
  }).pipe(
    Effect.provide(
      onFake({
        pacing: Pacing.fixed({ requests: 1, per: "1 hour" }),
        logWaits: false,
        fake: { ...seeded(1), faults: Faults.scripted([{ fault: Faults.rateLimited({ "retry-after": "20" }) }]) }
      })
    )
  )
)

scopedWith("two runs of one stream are two listings, a page a chunk", onFake({ fake: seeded(10) }), function* () {
  const stream = (yield* permissions).stream(checkpoint, { limit: 4 })
  const [one, two] = yield* Effect.all([collect(stream), collect(stream)], { concurrency: 2 })
  assert.lengthOf(one, 10)
  assert.deepStrictEqual(one, two)
  assert.deepStrictEqual((yield* collect(Stream.chunks(stream))).map(Chunk.size), [4, 4, 2])
})
