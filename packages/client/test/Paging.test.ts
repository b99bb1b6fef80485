/** Listings as streams: pages ahead, and other fibers. What a page means stands in the contract and in `protocol/test`. */
import { RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Option, Ref, Stream } from "effect"
import { checkpoint, collect, onFake, permissions, projects, seeded, server } from "./support/setup.ts"
import { drive, flush, timed } from "./support/time.ts"

const asked = Effect.flatMap(server, (fake) => Effect.map(fake.requests, ({ length }) => length))

describe.each([false, true])("with prefetch %s", (prefetch) => {
  it.effect("a listing that yields to other fibers every few steps completes", () =>
    Effect.gen(function* () {
      const all = collect((yield* permissions).stream(checkpoint, { limit: 2 }))
      for (let steps = 12; steps <= 60; steps += 4) {
        const listed = yield* Effect.withMaxOpsBeforeYield(all, steps)
        assert.strictEqual(new Set(listed.map(({ id }) => id)).size, 8, `yields after ${steps} steps`)
      }
    }).pipe(Effect.provide(onFake({ prefetch, fake: seeded(8) })))
  )

  it.effect("a listing whose permissions are deleted during it returns each once", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const seen: Array<string> = []
      yield* service.stream(checkpoint, { limit: 7 }).pipe(
        Stream.runForEach(({ id, project_id }) => {
          seen.push(project_id)
          return service.delete(checkpoint, id)
        })
      )
      assert.deepStrictEqual(seen, [...projects(40)].reverse())
      assert.deepStrictEqual(yield* (yield* server).projects(checkpoint), [])
    }).pipe(Effect.provide(onFake({ prefetch, fake: seeded(40) })))
  )

  it.effect("a page is requested ahead from the second on, one, and none before the stream runs", () =>
    Effect.gen(function* () {
      const pages = (yield* permissions).pages(checkpoint, { limit: 2 })
      yield* flush
      const seen = [yield* asked]
      yield* Stream.runForEach(pages, () =>
        Effect.zipRight(
          flush,
          Effect.map(asked, (n) => seen.push(n))
        )
      )
      assert.deepStrictEqual(seen, prefetch ? [0, 1, 3, 4, 5, 5] : [0, 1, 2, 3, 4, 5])
    }).pipe(Effect.provide(onFake({ prefetch, fake: seeded(10) })))
  )

  it.effect.each([1, 2, 3, 4])("a failure of page %s loses none of those before", (nth) =>
    Effect.gen(function* () {
      const given = yield* Ref.make<ReadonlyArray<string>>([])
      // slowly, so that the failure is there long before it is its turn
      const slowly = Stream.runForEach((yield* permissions).stream(checkpoint, { limit: 2 }), ({ id }) =>
        Effect.zipRight(
          flush,
          Ref.update(given, (all) => [...all, id])
        )
      )
      const error = Option.getOrUndefined(Either.getLeft(yield* Effect.either(slowly)))
      assert.strictEqual(error?._tag, "ServerError")
      assert.lengthOf(yield* given, 2 * (nth - 1))
      assert.strictEqual(error?.resumeAfter, (yield* given).at(-1))
    }).pipe(
      Effect.provide(
        onFake({
          prefetch,
          retry: RetryPolicy.none,
          fake: { ...seeded(10), faults: Faults.scripted([{ fault: Faults.error(500), nth, times: 9 }]) }
        })
      )
    )
  )
})

it.effect("two runs of one stream are two listings, a page a chunk", () =>
  Effect.gen(function* () {
    const stream = (yield* permissions).stream(checkpoint, { limit: 4 })
    const [one, two] = yield* Effect.all([collect(stream), collect(stream)], { concurrency: 2 })
    assert.lengthOf(one, 10)
    assert.deepStrictEqual(one, two)
    assert.deepStrictEqual((yield* collect(Stream.chunks(stream))).map(Chunk.size), [4, 4, 2])
  }).pipe(Effect.provide(onFake({ fake: seeded(10) })))
)

it.effect("the wait for a slow page and the work on the one before are at the same time", () =>
  Effect.gen(function* () {
    const service = yield* permissions
    const work = Stream.runForEach(service.pages(checkpoint, { limit: 5 }), () => Effect.sleep("10 seconds"))
    // the second page is requested when the first is consumed
    assert.strictEqual((yield* drive(timed(work)))[1], 2 * 10_000 + 4 * 10_000)
  }).pipe(Effect.provide(onFake({ fake: { ...seeded(20), behavior: { latency: "10 seconds" } } })))
)
