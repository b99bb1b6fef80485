import { RetryPolicy } from "@checkpoint-permissions/client"
import type { Permission } from "@checkpoint-permissions/core"
import { Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Option, Ref, Stream } from "effect"
import { checkpoint, collect, onFake, permission, permissions, projects, seeded, server } from "./support/setup.ts"
import { drive, settle } from "./support/time.ts"

type Page = Permission.PermissionPage

/** All that a stream gave, and how it ended. */
const outcome = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function* () {
    const given = yield* Ref.make<ReadonlyArray<A>>([])
    const end = yield* Effect.either(Stream.runForEach(stream, (one) => Ref.update(given, (all) => [...all, one])))
    return { given: yield* given, error: Option.getOrUndefined(Either.getLeft(end)) }
  })

const listed = (params?: Permission.ListParams) =>
  Effect.flatMap(permissions, (service) => outcome(service.stream(checkpoint, params))).pipe(
    Effect.map(({ error, given }) => ({ error, ids: given.map(({ id }): string => id) }))
  )

describe("a listing that yields to other fibers every few steps", () => {
  for (const prefetch of [false, true]) {
    it.effect(`comes to its end, prefetching ${prefetch}`, () =>
      Effect.gen(function* () {
        const all = collect((yield* permissions).stream(checkpoint, { limit: 2 }))
        for (let steps = 12; steps <= 60; steps++) {
          const listed = yield* Effect.withMaxOpsBeforeYield(all, steps)
          assert.strictEqual(new Set(listed.map(({ id }) => id)).size, 20, `yields after ${steps} steps`)
        }
      }).pipe(Effect.provide(onFake({ prefetch, fake: seeded(20) })))
    )
  }
})

describe("a listing whose permissions are deleted as it goes", () => {
  for (const unknownAfter of ServerBehavior.unknowns.unknownAfter) {
    for (const prefetch of [false, true]) {
      for (const order of ["ascending", "descending"] as const) {
        it.effect(`gives each once (${unknownAfter}, prefetch ${prefetch}, ${order})`, () =>
          Effect.gen(function* () {
            const fake = yield* server
            const service = yield* permissions
            const seen: Array<string> = []
            yield* service.stream(checkpoint, { limit: 7, order }).pipe(
              Stream.runForEach(({ id, project_id }) => {
                seen.push(project_id)
                return service.delete(checkpoint, id)
              })
            )
            assert.deepStrictEqual([...seen].sort(), [...projects(40)].sort())
            assert.deepStrictEqual(yield* fake.projects(checkpoint), [])
          }).pipe(Effect.provide(onFake({ prefetch, fake: { ...seeded(40), behavior: { unknownAfter } } })))
        )
      }
    }
  }
})

describe("resuming", () => {
  const all = { limit: 4, order: "ascending" } as const
  const id = (n: number) => permission(`cp_${String(n).padStart(24, "0")}`)

  for (const unknownAfter of ServerBehavior.unknowns.unknownAfter) {
    it.effect(`from where a listing failed misses nothing and repeats nothing (${unknownAfter})`, () =>
      Effect.gen(function* () {
        const fake = yield* server
        const faults = [
          Faults.error(503),
          Faults.page("missing-has-more"),
          Faults.html(200),
          Faults.page("repeated-cursor"),
          Faults.truncatedBody(),
          Faults.dropAfter()
        ]
        for (const fault of faults) {
          for (const nth of [1, 2, 3]) {
            yield* fake.setFaults(Faults.scripted([{ fault, operation: "list", nth }]))
            const first = yield* listed(all)
            if (first.error === undefined) continue
            assert.strictEqual(first.error.resumeAfter, first.ids.at(-1))
            yield* fake.setFaults(Faults.none)
            const rest = yield* listed({ ...all, after: first.error.resumeAfter })
            assert.isUndefined(rest.error)
            assert.deepStrictEqual(
              [...first.ids, ...rest.ids],
              Array.from({ length: 12 }, (_, n) => id(n + 1))
            )
          }
        }
      }).pipe(Effect.provide(onFake({ retry: RetryPolicy.none, fake: { ...seeded(12), behavior: { unknownAfter } } })))
    )
  }
})
describe("prefetch", () => {
  /** Runs `use` on each page, with what has been asked for by then. */
  const whileHolding = (prefetch: boolean, use: (page: Page, asked: number) => void) =>
    Effect.gen(function* () {
      const fake = yield* server
      const service = yield* permissions
      yield* service.pages(checkpoint, { limit: 2 }).pipe(
        Stream.runForEach((page) =>
          Effect.gen(function* () {
            for (let turn = 0; turn < 200; turn++) yield* Effect.yieldNow()
            use(page, (yield* fake.requests).length)
          })
        )
      )
    }).pipe(Effect.provide(onFake({ prefetch, fake: seeded(20) })))

  it.effect("asks for one page beyond the one that is consumed, from the second on, and no more", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      yield* whileHolding(true, (_, n) => asked.push(n))
      assert.deepStrictEqual(asked, [1, 3, 4, 5, 6, 7, 8, 9, 10, 10])
    })
  )

  it.effect("switched off asks for no page beyond the one that is consumed", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      yield* whileHolding(false, (_, n) => asked.push(n))
      assert.deepStrictEqual(asked, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    })
  )

  it.effect("20,000 permissions are 200 requests", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Stream.runCount((yield* permissions).stream(checkpoint)), 20_000)
      assert.strictEqual((yield* (yield* server).requests).length, 200)
    }).pipe(Effect.provide(onFake({ fake: seeded(20_000) })))
  )

  it.effect("asks for nothing before the stream runs", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      service.pages(checkpoint)
      service.stream(checkpoint)
      yield* Effect.yieldNow()
      assert.deepStrictEqual(yield* (yield* server).requests, [])
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("a stream can be run again, from the start", () =>
    Effect.gen(function* () {
      const stream = (yield* permissions).stream(checkpoint, { limit: 2 })
      assert.deepStrictEqual(yield* collect(stream), yield* collect(stream))
    }).pipe(Effect.provide(onFake({ fake: seeded(5) })))
  )

  it.effect("a failure of the next page does not lose the one before", () =>
    Effect.gen(function* () {
      for (const prefetch of [false, true]) {
        for (const nth of [1, 2, 3, 4]) {
          yield* Effect.gen(function* () {
            const { error, given } = yield* outcome(
              // Slowly, so that the failure is there long before it is its turn.
              Stream.tap((yield* permissions).pages(checkpoint, { limit: 2, order: "ascending" }), () => settle)
            )
            assert.strictEqual(error?._tag, "ServerError")
            assert.deepStrictEqual(
              given.flatMap(({ data }) => data.map(({ project_id }) => project_id)),
              projects(2 * (nth - 1))
            )
            assert.strictEqual(error?.resumeAfter, given.at(-1)?.data.at(-1)?.id)
          }).pipe(
            Effect.provide(
              onFake({
                prefetch,
                retry: RetryPolicy.none,
                fake: { ...seeded(10), faults: Faults.scripted([{ fault: Faults.error(500), nth, times: 9 }]) }
              })
            )
          )
        }
      }
    })
  )

  it.effect("a page is a chunk of the stream", () =>
    Effect.gen(function* () {
      const chunks = yield* collect(Stream.chunks((yield* permissions).stream(checkpoint, { limit: 4 })))
      assert.deepStrictEqual(chunks.map(Chunk.size), [4, 4, 2])
    }).pipe(Effect.provide(onFake({ fake: seeded(10) })))
  )

  it.effect("two runs of one stream are two listings", () =>
    Effect.gen(function* () {
      const stream = (yield* permissions).stream(checkpoint, { limit: 3 })
      const [one, two] = yield* Effect.all([collect(stream), collect(stream)], { concurrency: 2 })
      assert.strictEqual(one.length, 10)
      assert.deepStrictEqual(one, two)
    }).pipe(Effect.provide(onFake({ fake: seeded(10) })))
  )

  it.effect("the wait for a slow page and the work on the one before are at the same time", () =>
    drive(
      Effect.gen(function* () {
        const service = yield* permissions
        const start = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        yield* Stream.runForEach(service.pages(checkpoint, { limit: 5 }), () => Effect.sleep("10 seconds"))
        const end = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        // the second page is requested when the first is consumed
        assert.strictEqual(end - start, 2 * 10_000 + 4 * 10_000)
      })
    ).pipe(Effect.provide(onFake({ fake: { ...seeded(20), behavior: { latency: "10 seconds" } } })))
  )
})
