import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import type { Permission } from "@checkpoint-permissions/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Option } from "effect"
import * as CursorGuard from "../src/internal/cursorGuard.ts"
import * as Listing from "../src/internal/listing.ts"
import { checkpoint, permission } from "./support/setup.ts"
import { pageOf } from "./support/wire.ts"

setFlagsFromString("--expose-gc")
const gc: () => void = runInNewContext("gc")

/** Bytes that are in use. */
const heap = (): number => {
  gc()
  return process.memoryUsage().heapUsed
}

/** The cursors of a server that goes round: `tail` new ones, then a circle of `length`. */
const cursorAt = (tail: number, length: number, n: number): string =>
  `cp_${n < tail ? n : tail + ((n - tail) % length)}`

/** How many cursors are taken before one is refused. */
const taken = (tail: number, length: number, atMost: number): number => {
  const guard = CursorGuard.make()
  for (let n = 0; n < atMost; n++) {
    if (guard.seen(cursorAt(tail, length, n))) return n
  }
  return atMost
}

describe("a cursor that comes again", () => {
  it("is seen at once among the first 4,096", () => {
    for (const [tail, length] of [
      [0, 1],
      [0, 2],
      [10, 1],
      [1, 4000],
      [4000, 96],
      [0, 4096]
    ] as const) {
      assert.strictEqual(taken(tail, length, 100_000), tail + length)
    }
  })

  it("is seen at once when it is one of the first, however late", () => {
    const guard = CursorGuard.make()
    for (let n = 0; n < 50_000; n++) assert.isFalse(guard.seen(`cp_${n}`))
    assert.isTrue(guard.seen("cp_4095"))
    assert.isTrue(guard.seen("cp_0"))
  })

  it.prop(
    "beyond is seen within a few rounds, and never before it came",
    { tail: fc.integer({ min: 4096, max: 20_000 }), length: fc.integer({ min: 1, max: 20_000 }) },
    ({ length, tail }) => {
      const n = taken(tail, length, 200_000)
      assert.isAtLeast(n, tail + length)
      assert.isAtMost(n, 4096 + 3 * (tail - 4096 + length) + 2)
    },
    { fastCheck: { numRuns: 40 } }
  )

  it("is not seen where none comes again, which takes no memory", () => {
    const guard = CursorGuard.make()
    let again = 0
    const run = (from: number, to: number) => {
      for (let n = from; n < to; n++) again += guard.seen(`cp_${n}`) ? 1 : 0
    }
    run(0, 10_000)
    const before = heap()
    run(10_000, 200_000)
    assert.isBelow(heap() - before, 1_000_000)
    assert.strictEqual(again, 0)
  })
})

describe("a listing of very many pages", () => {
  const pageAt = (n: number, perPage: number, cursor: string): Permission.PermissionPage => {
    const ids = Array.from({ length: perPage }, (_, i) => `cp_${n}_${i}`)
    return pageOf(ids, { has_more: true, last_id: cursor }) as unknown as Permission.PermissionPage
  }

  it.effect("that goes round after 4,096 cursors ends with IncompleteListing", () =>
    Effect.gen(function* () {
      let asked = 0
      const listing = Listing.make(checkpoint, undefined, () => {
        const n = asked++
        return Effect.succeed(pageAt(n, 0, cursorAt(6000, 777, n)))
      })
      const error = yield* Effect.flip(
        Effect.iterate(Option.some(pageAt(0, 0, "")), { while: Option.isSome, body: () => listing.next })
      )
      assert.strictEqual(error._tag, "IncompleteListing")
      assert.isAtLeast(asked, 6777)
      assert.isAtMost(asked, 4096 + 3 * (6000 - 4096 + 777) + 2)
    })
  )

  it.effect("that starts over there names the permission it got a second time", () =>
    Effect.gen(function* () {
      let asked = 0
      const listing = Listing.make(checkpoint, undefined, () => {
        const n = asked++ % 5000
        return Effect.succeed(pageAt(n, 2, `cp_${n}_1`))
      })
      const error = yield* Effect.flip(
        Effect.iterate(Option.some(pageAt(0, 0, "")), { while: Option.isSome, body: () => listing.next })
      )
      assert.strictEqual(error._tag, "IncompleteListing")
      assert.strictEqual(asked, 5001)
      assert.strictEqual(error._tag === "IncompleteListing" ? error.received : 0, 10_000)
      assert.strictEqual(error.resumeAfter, permission("cp_4999_1"))
    })
  )

  it.effect(
    "takes no more memory for being longer",
    () =>
      Effect.gen(function* () {
        setFlagsFromString("--expose-gc")
        const gc = runInNewContext("gc") as () => void
        const heap = () => {
          gc()
          return process.memoryUsage().heapUsed
        }
        let asked = 0
        const listing = Listing.make(checkpoint, undefined, () => {
          const n = asked++
          return Effect.succeed(pageAt(n, 50, `cp_${n}_49`))
        })
        const pages = (count: number) => Effect.repeatN(listing.next, count - 1)
        yield* pages(5000)
        const before = heap()
        yield* pages(10_000)
        const growth = heap() - before
        // Half a million ids alone would be some 20 MB.
        assert.isBelow(growth, 2_000_000)
        assert.isTrue(Option.isSome(yield* listing.next))
      }),
    30_000
  )
})
