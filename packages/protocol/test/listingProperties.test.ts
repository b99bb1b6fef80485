import fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as History from "../src/internal/listing/history.ts"
import type { Page } from "../src/wire.ts"
import { type Answer, failure, more, page, run, scripted } from "./support/listing.ts"
import * as ListServer from "./support/listServer.ts"

const behavior: fc.Arbitrary<ListServer.Behavior> = fc.record({
  unknownAfter: fc.constantFrom("bad-request", "not-found", "empty-page", "restart"),
  shortPages: fc.oneof(fc.constantFrom("never" as const, "filter-after-limit" as const), fc.record({ seed: fc.nat() })),
  maxLimit: fc.constantFrom(3, 10, 100),
  overLimit: fc.constantFrom("clamp", "bad-request"),
  lastId: fc.constantFrom("item", "null", "absent")
})

/** The changes of others after a number of emitted permissions. */
const change = fc.record({
  after: fc.nat(40),
  action: fc.constantFrom("last", "before", "next", "first", "any", "add"),
  pick: fc.nat(1000)
})

const world = fc.record({
  behavior,
  count: fc.nat(40),
  limit: fc.integer({ min: 1, max: 12 }),
  order: fc.constantFrom("ascending" as const, "descending" as const, undefined),
  only: fc.constantFrom(undefined, 0, 1),
  changes: fc.array(change, { maxLength: 12 }),
  deletesAll: fc.boolean(),
  /** Which permission the listing is resumed after. */
  resumeAt: fc.option(fc.nat(39), { nil: undefined }),
  /** Which requests fail. */
  faults: fc.array(fc.nat(30), { maxLength: 2 })
})

type FailureKind = Parameters<typeof failure>[0]
type World = typeof world extends fc.Arbitrary<infer A> ? A : never

const list = (one: World) => {
  const server = ListServer.make(one.count, one.behavior)
  const project_id = one.only === undefined ? undefined : ListServer.projectOf(one.only)
  const after = server.permissions()[one.resumeAt ?? Number.POSITIVE_INFINITY]?.id
  const inOrder = () =>
    (one.order === "ascending" ? server.permissions() : [...server.permissions()].reverse()).map(({ id }) => id)
  const isWanted = (id: string) =>
    project_id === undefined || server.permissions().some((at) => at.id === id && at.project_id === project_id)
  const before = inOrder()
  const resumedAt = after === undefined ? 0 : before.indexOf(after) + 1
  const wanted = before.slice(resumedAt).filter(isWanted)
  const ever = new Set(wanted)
  const given: Array<string> = []
  const onEmit = (page: Page) => {
    for (const { id } of page.data) {
      given.push(id)
      if (one.deletesAll) server.remove(id)
      for (const { action, after, pick } of one.changes) {
        if (after !== given.length) continue
        const now = inOrder()
        if (action === "add") {
          ever.add(server.add(ListServer.projectOf(pick)))
        } else {
          server.remove(
            {
              last: id,
              before: given.at(-2),
              next: now[now.indexOf(id) + 1],
              first: given[0],
              any: now[pick % Math.max(1, now.length)]
            }[action]
          )
        }
      }
    }
  }
  const answer = (ask: Parameters<typeof server.list>[0], n: number): Answer =>
    one.faults.includes(n) ? failure("ServerError") : server.list(ask)
  const { fail } = run(answer, { after, limit: one.limit, order: one.order, project_id }, onEmit)
  const still = new Set(inOrder())
  // A server that starts over is recognized by what it lists first, unless that is deleted as well.
  const isRecognizable =
    one.behavior.unknownAfter !== "restart" || before.slice(0, resumedAt).every((id) => still.has(id))
  return { server, given, ever, fail, isRecognizable, throughout: wanted.filter((id) => still.has(id)) }
}

describe("a listing of a server whose permissions come and go", () => {
  it("gives each permission that was there all the time exactly once, or fails; and always ends", () => {
    fc.assert(
      fc.property(world, (one) => {
        const { ever, fail, given, isRecognizable, server, throughout } = list(one)
        assert.strictEqual(new Set(given).size, given.length, "given twice")
        const surplus = given.filter((id) => !ever.has(id))
        if (isRecognizable) assert.deepStrictEqual(surplus, [], "not asked for")
        if (fail === undefined) {
          const missed = throughout.filter((id) => !given.includes(id))
          assert.deepStrictEqual(missed, [], "missed")
        } else {
          assert.include(["IncompleteListingError", "BadRequestError", "NotFoundError", "ServerError"], fail.kind)
          const last = given.at(-1)
          if (last !== undefined) assert.strictEqual(fail.resumeAfter, last)
        }
        assert.isAtMost(server.requests(), 20 + 8 * (one.count + one.changes.length + 1), "endless")
      }),
      { numRuns: Number(process.env["RUNS"] ?? 500) }
    )
  })
})

describe("a listing that failed", () => {
  it("gives the rest where it is resumed, and nothing twice", () => {
    // no page size that a server refuses
    const size = { min: 1, max: 3 }
    fc.assert(
      fc.property(behavior, fc.nat(40), fc.integer(size), fc.nat(12), (one, count, limit, nth) => {
        const server = ListServer.make(count, one)
        const options = { limit, order: "ascending" } as const
        const first = run((ask, n) => (n === nth ? failure("ServerError") : server.list(ask)), options)
        const after = first.fail?.resumeAfter
        const rest = first.fail === undefined ? undefined : run(server.list, { ...options, after })
        assert.isUndefined(rest?.fail)
        const all = server.permissions().map(({ id }) => id)
        assert.deepStrictEqual([...first.ids, ...(rest?.ids ?? [])], all)
      })
    )
  })
})

describe("a listing of arbitrary pages", () => {
  const id = fc.integer({ min: 0, max: 30 }).map((n) => `cp_${n}`)
  const anyPage = fc.record({
    ids: fc.uniqueArray(id, { maxLength: 6 }),
    twice: fc.boolean(),
    has_more: fc.constantFrom(true, true, true, false),
    last_id: fc.oneof(fc.constant("last"), id, fc.constantFrom(null, undefined, ""))
  })
  const answers = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: anyPage },
      { weight: 1, arbitrary: fc.constantFrom<FailureKind>("BadRequestError", "NotFoundError", "ServerError") }
    ),
    { maxLength: 40 }
  )

  it("gives each permission once and ends, and a failure says where to resume", () => {
    fc.assert(
      fc.property(answers, fc.constantFrom(undefined, "cp_0", "cp_99"), (given, after) => {
        let answered = 0
        const { asks, fail, ids, pages } = run(
          () => {
            const answer = given[answered++ % Math.max(1, given.length)]
            if (answer === undefined) return page([])
            if (typeof answer === "string") return failure(answer)
            const all = answer.twice ? [...answer.ids, ...answer.ids.slice(0, 1)] : answer.ids
            return page(all, {
              has_more: answer.has_more,
              last_id: answer.last_id === "last" ? (all.at(-1) ?? null) : answer.last_id
            })
          },
          { after, limit: 6 }
        )
        assert.strictEqual(new Set(ids).size, ids.length, "given twice")
        assert.notInclude(ids, after)
        // Each page but the last has a cursor of its own, and there are 31 of them; a recovery asks up to six times.
        assert.isAtMost(pages.length, 33)
        assert.isAtMost(asks.length, 3 + 33 * 8)
        if (fail === undefined) assert.isFalse(pages.at(-1)?.has_more)
        else assert.strictEqual(fail.resumeAfter, ids.at(-1) ?? after)
        if (fail?.kind === "IncompleteListingError") assert.strictEqual(fail.received, ids.length)
      }),
      { numRuns: Number(process.env["RUNS"] ?? 1000) }
    )
  })
})

describe("a listing of very many pages", () => {
  const pageAt = (n: number, size: number) => {
    const ids = Array.from({ length: size }, (_, i) => `cp_${n}_${i}`)
    return more(ids, `cursor_${n}`)
  }

  it("remembers no more for being longer", () => {
    const { ids, state } = run((_, n) => (n < 10_000 ? pageAt(n, 3) : page([`cp_end`])))
    assert.strictEqual(ids.length, 30_001)
    const { cursors, firstIds, previousIds } = state.history
    assert.deepStrictEqual([History.sizeOf(cursors.first), History.sizeOf(firstIds), previousIds.size], [4096, 4096, 3])
  })

  it("remembers the whole of a first page, however large", () => {
    const { fail } = run(scripted([pageAt(0, 5000), pageAt(1, 3), page(["cp_0_4999"])]))
    assert.strictEqual(fail?.kind, "IncompleteListingError")
  })

  it("that repeats its cursors after 4,096 ends with IncompleteListingError", () => {
    const { asks, fail } = run((_, n) => more([], `cursor_${n < 6000 ? n : 6000 + ((n - 6000) % 777)}`))
    assert.strictEqual(fail?.kind, "IncompleteListingError")
    assert.isAtLeast(asks.length, 6777)
    assert.isAtMost(asks.length, 4096 + 3 * (6000 - 4096 + 777) + 2)
  })

  it("that starts over after 4,096 cursors names the permission it received twice", () => {
    const { asks, fail } = run((_, n) => pageAt(n % 5000, 2))
    assert(fail?.kind === "IncompleteListingError")
    assert.deepStrictEqual([asks.length, fail.received, fail.resumeAfter], [5001, 10_000, "cp_4999_1"])
    assert.include(fail.reason, "cp_0_0 twice")
  })
})
