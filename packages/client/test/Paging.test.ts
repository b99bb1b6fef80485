import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import type { Permission } from "@checkpoint-permissions/core"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck as fc, Layer, Option, Redacted, Ref, Stream } from "effect"
import {
  checkpoint,
  collect,
  key,
  onFake,
  permission,
  permissions,
  project,
  projects,
  seeded,
  server
} from "./support/setup.ts"
import { drive, settle } from "./support/time.ts"
import { type Answer, pageOf, wire } from "./support/wire.ts"

type Page = Permission.PermissionPage

const onPages = (pages: ReadonlyArray<Answer>, options: Partial<CheckpointPermissions.Options> = {}) => {
  const { layer, requests } = wire(({ n }) => pages[n] ?? { status: 418 })
  return {
    requests,
    after: () => requests.map(({ url }) => url.searchParams.get("after")),
    layer: CheckpointPermissions.layer({
      adminKey: Redacted.make(key),
      pacing: Pacing.none,
      retry: RetryPolicy.none,
      ...options
    }).pipe(Layer.provide(layer))
  }
}

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

const page = (ids: ReadonlyArray<string>, more: Record<string, unknown> = {}): Answer => ({ body: pageOf(ids, more) })
const without = (ids: ReadonlyArray<string>, field: string, more: Record<string, unknown> = {}): Answer => ({
  body: Object.fromEntries(Object.entries(pageOf(ids, more)).filter(([name]) => name !== field))
})
const hasMore = { has_more: true }
const gone: Answer = { status: 404, body: { error: { message: "No such permission.", type: "invalid_request_error" } } }

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

for (const prefetch of [false, true]) {
  describe(`a listing, prefetching ${prefetch}`, () => {
    const rule = (
      name: string,
      answers: ReadonlyArray<Answer>,
      expected: {
        readonly ids: ReadonlyArray<string>
        readonly after: ReadonlyArray<string | null>
        readonly tag?: string
        readonly reason?: RegExp
        readonly resumeAfter?: string
      }
    ) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          const { after, layer } = onPages(answers, { prefetch })
          const { error, ids } = yield* Effect.provide(listed(), layer)
          assert.strictEqual(error?._tag, expected.tag)
          assert.deepStrictEqual(ids, expected.ids)
          assert.deepStrictEqual(after(), expected.after)
          if (error === undefined) return
          assert.strictEqual(error.operation, "list")
          assert.strictEqual(error.checkpoint, checkpoint)
          assert.strictEqual(error.resumeAfter, expected.resumeAfter)
          if (expected.reason !== undefined) assert.match(error.message, expected.reason)
          if (error._tag !== "IncompleteListingError") return
          assert.strictEqual(error.received, expected.ids.length)
          assert.isFalse(error.isRetryable)
        })
      )

    rule("ends where `has_more` is false", [page(["a", "b"], hasMore), page(["c"])], {
      ids: ["a", "b", "c"],
      after: [null, "b"]
    })
    rule("of nothing ends at once", [page([])], { ids: [], after: [null] })
    rule("goes on after short pages", [page(["a"], hasMore), page(["b"], hasMore), page(["c"])], {
      ids: ["a", "b", "c"],
      after: [null, "a", "b"]
    })
    rule(
      "goes on after empty pages that name a cursor",
      [page([], { ...hasMore, last_id: "x" }), page([], { ...hasMore, last_id: "y" }), page(["c"])],
      { ids: ["c"], after: [null, "x", "y"] }
    )
    rule(
      "follows `last_id`, though it is not the last item's",
      [page(["a", "b"], { ...hasMore, last_id: "x" }), page(["c"])],
      { ids: ["a", "b", "c"], after: [null, "x"] }
    )
    rule(
      "takes the last item's id where `last_id` is null",
      [page(["a", "b"], { ...hasMore, last_id: null }), page(["c"])],
      { ids: ["a", "b", "c"], after: [null, "b"] }
    )
    rule("takes the last item's id where `last_id` is absent", [without(["a", "b"], "last_id", hasMore), page(["c"])], {
      ids: ["a", "b", "c"],
      after: [null, "b"]
    })
    rule(
      "takes the last item's id where `last_id` is empty",
      [page(["a", "b"], { ...hasMore, last_id: "" }), page(["c"])],
      { ids: ["a", "b", "c"], after: [null, "b"] }
    )
    rule(
      "fails where there is more, but not from where",
      [page(["a"], hasMore), page([], { ...hasMore, last_id: null })],
      {
        ids: ["a"],
        after: [null, "a"],
        tag: "IncompleteListingError",
        reason: /not from where/,
        resumeAfter: "a"
      }
    )
    rule("fails where `has_more` is missing", [page(["a"], hasMore), without(["b"], "has_more")], {
      ids: ["a"],
      after: [null, "a"],
      tag: "InvalidResponseError",
      reason: /has_more/,
      resumeAfter: "a"
    })
    rule("fails where `has_more` is missing from the only page", [without(["a"], "has_more")], {
      ids: [],
      after: [null],
      tag: "InvalidResponseError",
      reason: /has_more/
    })
    rule('fails where `has_more` is "yes"', [page(["a"], hasMore), page(["b"], { has_more: "yes" })], {
      ids: ["a"],
      after: [null, "a"],
      tag: "InvalidResponseError",
      reason: /has_more/,
      resumeAfter: "a"
    })
    rule(
      "fails where HTML comes in place of a page",
      [page(["a"], hasMore), { headers: { "content-type": "text/html" }, body: "<html>" }],
      { ids: ["a"], after: [null, "a"], tag: "InvalidResponseError", reason: /text\/html/, resumeAfter: "a" }
    )
    rule(
      "fails where a cursor comes again, before it is asked again",
      [page(["a", "b"], hasMore), page(["c", "d"], { ...hasMore, last_id: "b" })],
      {
        ids: ["a", "b", "c", "d"],
        after: [null, "b"],
        tag: "IncompleteListingError",
        reason: /cursor b a second time/,
        resumeAfter: "d"
      }
    )
    rule(
      "fails where cursors go round",
      [
        page(["a"], hasMore),
        page([], { ...hasMore, last_id: "x" }),
        page([], { ...hasMore, last_id: "y" }),
        page([], { ...hasMore, last_id: "x" })
      ],
      {
        ids: ["a"],
        after: [null, "a", "x", "y"],
        tag: "IncompleteListingError",
        reason: /cursor x a second time/,
        resumeAfter: "a"
      }
    )
    rule(
      "fails where the server starts over",
      [page(["a", "b"], hasMore), page(["c", "d"], hasMore), page(["a", "b"], hasMore)],
      {
        ids: ["a", "b", "c", "d"],
        after: [null, "b", "d"],
        tag: "IncompleteListingError",
        reason: /lists a a second time/,
        resumeAfter: "d"
      }
    )
    rule("fails where a page holds one of the page before", [page(["a", "b"], hasMore), page(["b", "c"])], {
      ids: ["a", "b"],
      after: [null, "b"],
      tag: "IncompleteListingError",
      reason: /lists b a second time/,
      resumeAfter: "b"
    })
    rule(
      "fails where a page holds one of long before",
      [page(["a", "b"], hasMore), page(["c"], hasMore), page(["d"], hasMore), page(["e", "c"])],
      {
        ids: ["a", "b", "c", "d"],
        after: [null, "b", "c", "d"],
        tag: "IncompleteListingError",
        reason: /lists c a second time/,
        resumeAfter: "d"
      }
    )
    rule("fails where a page holds one twice", [page(["a", "b"], hasMore), page(["c", "d", "c"])], {
      ids: ["a", "b"],
      after: [null, "b"],
      tag: "IncompleteListingError",
      reason: /lists c a second time/,
      resumeAfter: "b"
    })
    rule(
      "believes an empty last page once the cursor is seen to be there still",
      [page(["a", "b"], hasMore), page([]), page(["b"], hasMore)],
      { ids: ["a", "b"], after: [null, "b", "a"] }
    )
    rule("goes on where an empty last page is a deleted cursor's", [page(["a", "b"], hasMore), page([]), page(["c"])], {
      ids: ["a", "b", "c"],
      after: [null, "b", "a"]
    })
    rule("goes on where a refusal is a deleted cursor's", [page(["a", "b"], hasMore), gone, page(["c"])], {
      ids: ["a", "b", "c"],
      after: [null, "b", "a"]
    })
    rule(
      "does not take the 404 of something between for a deleted cursor",
      [page(["a", "b"], hasMore), { status: 404, body: "<h1>Not found</h1>" }, page(["c"])],
      { ids: ["a", "b"], after: [null, "b"], tag: "InvalidResponseError", resumeAfter: "b" }
    )
    rule(
      "fails with the refusal where it is not for the cursor",
      [page(["a", "b"], hasMore), ...Array.from({ length: 8 }, () => ({ status: 400 }))],
      { ids: ["a", "b"], after: [null, "b", "a", null], tag: "BadRequestError", resumeAfter: "b" }
    )
  })
}

describe("an empty last page", () => {
  /** A server that says that there is more where nothing is. */
  for (const unknownAfter of ServerBehavior.unknowns.unknownAfter) {
    for (const shortPages of ServerBehavior.unknowns.shortPages) {
      it.effect(`is confirmed before it is believed (${unknownAfter}, ${shortPages})`, () =>
        Effect.gen(function* () {
          const fake = yield* server
          // The project's permissions come first, so that the pages that follow are empty.
          yield* fake.seed({ [checkpoint]: [...projects(25), "proj_x", "proj_x"] })
          const { error, ids } = yield* listed({ project_id: project("x"), limit: 10 })
          assert.isUndefined(error)
          assert.strictEqual(ids.length, 2)
        }).pipe(Effect.provide(onFake({ fake: { behavior: { unknownAfter, shortPages } } })))
      )
    }
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

    it.effect(`survives or names the loss of the cursor alone (${unknownAfter})`, () =>
      Effect.gen(function* () {
        const fake = yield* server
        const service = yield* permissions
        const seen: Array<string> = []
        const end = yield* service.pages(checkpoint, { limit: 5, order: "ascending" }).pipe(
          Stream.runForEach((page) => {
            seen.push(...page.data.map(({ project_id }) => project_id))
            return fake.remove(checkpoint, page.last_id ?? "")
          }),
          Effect.either
        )
        if (unknownAfter === "restart") {
          assert.strictEqual(Either.isLeft(end) && end.left._tag, "IncompleteListingError")
          assert.deepStrictEqual(seen, projects(20).slice(0, 5))
        } else {
          assert.isTrue(Either.isRight(end))
          assert.deepStrictEqual(seen, projects(20))
        }
      }).pipe(Effect.provide(onFake({ prefetch: false, fake: { ...seeded(20), behavior: { unknownAfter } } })))
    )

    it.effect(`is not cut short when its last page goes (${unknownAfter})`, () =>
      Effect.gen(function* () {
        const fake = yield* server
        const service = yield* permissions
        const seen: Array<string> = []
        yield* service.pages(checkpoint, { limit: 5, order: "ascending" }).pipe(
          Stream.runForEach((page) => {
            seen.push(...page.data.map(({ project_id }) => project_id))
            if (seen.length !== 5) return Effect.void
            return Effect.flatMap(fake.permissions(checkpoint), (all) =>
              Effect.forEach(all.slice(5), ({ id }) => fake.remove(checkpoint, id))
            )
          })
        )
        assert.deepStrictEqual(seen, projects(5))
      }).pipe(Effect.provide(onFake({ prefetch: false, fake: { ...seeded(10), behavior: { unknownAfter } } })))
    )
  }
})

describe("page size", () => {
  const limits = Effect.flatMap(server, (fake) =>
    Effect.map(fake.requests, (requests) => requests.map(({ query }) => query["limit"]))
  )
  const sizes = (
    maxLimit: number,
    options: Partial<CheckpointPermissions.Options> = {},
    overLimit: "clamp" | "bad-request" = "bad-request"
  ) => onFake({ ...options, fake: { ...seeded(110), behavior: { maxLimit, overLimit } } })

  for (const [max, asked] of [
    [100, ["100", "100"]],
    [99, ["100", "50", "50", "50"]],
    [50, ["100", "50", "50", "50"]],
    [30, ["100", "50", "20", "20", "20", "20", "20", "20"]],
    [10, ["100", "50", "20", ...Array.from({ length: 11 }, () => "10")]]
  ] as const) {
    it.effect(`steps down to what a server of ${max} takes, and remembers it`, () =>
      Effect.gen(function* () {
        const service = yield* permissions
        assert.strictEqual((yield* collect(service.stream(checkpoint))).length, 110)
        assert.deepStrictEqual(yield* limits, [...asked])
        yield* (yield* server).clearRequests
        assert.strictEqual((yield* collect(service.stream(checkpoint))).length, 110)
        assert.deepStrictEqual(new Set(yield* limits), new Set(asked.slice(-1)))
      }).pipe(Effect.provide(sizes(max)))
    )
  }

  it.effect("is the server's own when it clamps", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* listed()).ids.length, 110)
      assert.deepStrictEqual(yield* limits, ["100", "100", "100", "100"])
    }).pipe(Effect.provide(sizes(30, {}, "clamp")))
  )

  it.effect("begins with 100 below a larger one", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* listed()).ids.length, 110)
      assert.deepStrictEqual(yield* limits, ["500", "100", "100"])
    }).pipe(Effect.provide(sizes(100, { pageSize: 500 })))
  )

  it.effect("that no step fits is a BadRequestError", () =>
    Effect.gen(function* () {
      const { error, ids } = yield* listed()
      assert.strictEqual(error?._tag, "BadRequestError")
      assert.strictEqual(error?.param, "limit")
      assert.deepStrictEqual(ids, [])
      assert.deepStrictEqual(yield* limits, ["100", "50", "20", "10"])
    }).pipe(Effect.provide(sizes(5)))
  )

  it.effect("of a caller steps down, too, but `list` sends what it is told", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* listed({ limit: 70 })).ids.length, 110)
      assert.deepStrictEqual(yield* limits, ["70", "50", "50", "50"])
      const service = yield* permissions
      assert.strictEqual((yield* Effect.flip(service.list(checkpoint, { limit: 70 })))._tag, "BadRequestError")
    }).pipe(Effect.provide(sizes(50)))
  )

  it.effect("is not to blame for another refusal", () =>
    Effect.gen(function* () {
      yield* (yield* server).inject(Faults.error(400, { message: "Something else.", param: "order" }))
      assert.strictEqual((yield* listed()).error?._tag, "BadRequestError")
      assert.deepStrictEqual(yield* limits, ["100"])
    }).pipe(Effect.provide(sizes(100)))
  )

  it.effect("may be short on any page", () =>
    Effect.gen(function* () {
      for (const shortPages of ["every-other", { seed: 1 }, { seed: 2 }, { seed: 3 }] as const) {
        yield* (yield* server).setBehavior({ shortPages })
        const { error, ids } = yield* listed({ limit: 9 })
        assert.isUndefined(error)
        assert.strictEqual(new Set(ids).size, 110)
        assert.strictEqual(ids.length, 110)
      }
    }).pipe(Effect.provide(sizes(100)))
  )
})

describe("resuming", () => {
  const all = { limit: 4, order: "ascending" } as const
  const id = (n: number) => permission(`cp_${String(n).padStart(24, "0")}`)

  it.effect("from anywhere gives the rest", () =>
    Effect.gen(function* () {
      const { ids } = yield* listed(all)
      for (const [n, after] of ids.entries()) {
        const { error, ids: rest } = yield* listed({ ...all, after: permission(after) })
        assert.isUndefined(error)
        assert.deepStrictEqual(rest, ids.slice(n + 1))
      }
    }).pipe(Effect.provide(onFake({ fake: seeded(10) })))
  )

  for (const unknownAfter of ServerBehavior.unknowns.unknownAfter) {
    const expected = {
      "bad-request": "BadRequestError",
      "not-found": "NotFoundError",
      "empty-page": "IncompleteListingError",
      restart: "IncompleteListingError"
    }[unknownAfter]
    for (const shortPages of ServerBehavior.unknowns.shortPages) {
      for (const project_id of [undefined, project(9)]) {
        it.effect(
          `after what was deleted is an error (${unknownAfter}, ${shortPages}${project_id === undefined ? "" : ", of a project"})`,
          () =>
            Effect.gen(function* () {
              yield* (yield* server).remove(checkpoint, id(3))
              const { error, ids } = yield* listed({ ...all, project_id, after: id(3) })
              assert.strictEqual(error?._tag, expected)
              assert.strictEqual(error?.resumeAfter, id(3))
              assert.deepStrictEqual(ids, [])
            }).pipe(Effect.provide(onFake({ fake: { ...seeded(10), behavior: { unknownAfter, shortPages } } })))
        )
      }
    }

    it.effect(`after the last gives nothing (${unknownAfter})`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* listed({ ...all, after: id(10) }), { error: undefined, ids: [] })
        assert.deepStrictEqual(yield* listed({ limit: 4, after: id(1) }), { error: undefined, ids: [] })
      }).pipe(Effect.provide(onFake({ fake: { ...seeded(10), behavior: { unknownAfter } } })))
    )

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

  it.effect("a failure of the first page of a resumed listing says where it resumed", () =>
    Effect.gen(function* () {
      yield* (yield* server).inject(Faults.error(500))
      assert.strictEqual((yield* listed({ ...all, after: id(3) })).error?.resumeAfter, id(3))
    }).pipe(Effect.provide(onFake({ retry: RetryPolicy.none, fake: seeded(12) })))
  )
})

describe("any listing", () => {
  it.effect.prop(
    "gives each permission that was there throughout exactly once, or fails; and always ends",
    {
      count: fc.integer({ min: 0, max: 40 }),
      limit: fc.integer({ min: 1, max: 12 }),
      prefetch: fc.boolean(),
      order: fc.constantFrom("ascending" as const, "descending" as const),
      behavior: fc.record({
        unknownAfter: fc.constantFrom(...ServerBehavior.unknowns.unknownAfter),
        shortPages: fc.oneof(fc.constantFrom(...ServerBehavior.unknowns.shortPages), fc.record({ seed: fc.nat(1000) })),
        maxLimit: fc.constantFrom(5, 10, 100),
        overLimit: fc.constantFrom("clamp" as const, "bad-request" as const)
      }),
      only: fc.constantFrom(undefined, 0, 1),
      plan: fc.record({
        seed: fc.integer({ min: -1000, max: 1000 }),
        probability: fc.constantFrom(0, 0, 0.1, 0.4),
        kinds: fc.constant([
          "repeated-cursor",
          "missing-has-more",
          "null-last-id",
          "missing-last-id",
          "html-200",
          "server-error",
          "data-not-list"
        ] as const)
      }),
      // After how many permissions which others go, counted from those given last.
      deletions: fc.array(
        fc.record({
          after: fc.nat(40),
          which: fc.constantFrom("last", "before", "next", "first", "any"),
          pick: fc.nat(1000)
        }),
        { maxLength: 12 }
      ),
      deletesAll: fc.boolean()
    },
    ({ behavior, count, deletesAll, deletions, limit, only, order, plan, prefetch }) =>
      Effect.gen(function* () {
        const fake = yield* server
        const service = yield* permissions
        const before = yield* fake.permissions(checkpoint)
        yield* fake.setFaults(Faults.random(plan))
        const given: Array<string> = []
        const isWanted = (one: { readonly project_id: string }) =>
          only === undefined || one.project_id === project(only)
        const remove = (id: string | undefined) => (id === undefined ? Effect.void : fake.remove(checkpoint, id))
        const end = yield* service
          .stream(checkpoint, { limit, order, project_id: only === undefined ? undefined : project(only) })
          .pipe(
            Stream.runForEach(({ id }) =>
              Effect.gen(function* () {
                given.push(id)
                if (deletesAll) yield* remove(id)
                for (const { after, pick, which } of deletions) {
                  if (after !== given.length) continue
                  const now = (yield* fake.permissions(checkpoint)).map(({ id }): string => id)
                  const inOrder = order === "ascending" ? now : [...now].reverse()
                  const at = inOrder.indexOf(id)
                  yield* remove(
                    {
                      last: id,
                      before: given.at(-2),
                      next: inOrder[at + 1],
                      first: given[0],
                      any: now[pick % Math.max(1, now.length)]
                    }[which]
                  )
                }
                yield* Effect.yieldNow()
              })
            ),
            Effect.either
          )
        const still = new Set((yield* fake.permissions(checkpoint)).map(({ id }): string => id))
        const throughout = before.filter((one) => isWanted(one) && still.has(one.id)).map(({ id }): string => id)
        assert.strictEqual(new Set(given).size, given.length, "given twice")
        assert.isTrue(
          given.every((id) => before.some((one) => one.id === id && isWanted(one))),
          "never was there"
        )
        if (Either.isRight(end))
          assert.deepStrictEqual(
            throughout.filter((id) => !given.includes(id)),
            [],
            "missed"
          )
        else
          assert.include(
            ["IncompleteListingError", "InvalidResponseError", "BadRequestError", "NotFoundError", "ServerError"],
            end.left._tag
          )
        const asked = (yield* fake.requests).length
        assert.isAtMost(asked, 20 + 8 * (count + 1), "endless")
      }).pipe(
        Effect.provide(
          onFake({
            prefetch,
            retry: RetryPolicy.none,
            fake: { seed: { [checkpoint]: Array.from({ length: count }, (_, n) => `proj_${n % 3}`) }, behavior }
          })
        )
      ),
    { fastCheck: { numRuns: 200 } }
  )
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

  for (const [count, requests] of [
    [5, 1],
    [100, 1],
    [101, 3],
    [201, 4]
  ] as const) {
    it.effect(`Stream.take(${count}) sends ${requests} requests`, () =>
      Effect.gen(function* () {
        const taken = yield* collect(Stream.take((yield* permissions).stream(checkpoint), count))
        assert.strictEqual(taken.length, count)
        yield* settle
        assert.strictEqual((yield* (yield* server).requests).length, requests)
      }).pipe(Effect.provide(onFake({ fake: seeded(1000) })))
    )
  }

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

describe("this suite", () => {
  it.effect("sees all permissions of a fake by default", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* listed()).ids.length, 250)
      assert.strictEqual((yield* (yield* FakePermissions.FakePermissions).requests).length, 3)
    }).pipe(Effect.provide(onFake({ fake: seeded(250) })))
  )
})
