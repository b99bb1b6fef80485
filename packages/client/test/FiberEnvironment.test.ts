import { CheckpointPermissions, RetryPolicy } from "@checkpoint-permissions/client"
import { Headers, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, FiberRef, FiberRefs, Stream } from "effect"
import { checkpoint, permission, permissions, project } from "./support/setup.ts"
import { flush } from "./support/time.ts"
import { onWire, pageOf } from "./support/wire.ts"

class Tenant extends Context.Reference<Tenant>()("test/Tenant", { defaultValue: () => "nobody" }) {}
const depth = FiberRef.unsafeMake(0)

const calls = Effect.gen(function* () {
  const service = yield* permissions
  yield* service.list(checkpoint)
  yield* service.create(checkpoint, [project("a")])
  yield* service.delete(checkpoint, permission("cp_1"))
})

describe("the application's HttpClient", () => {
  for (const [how, transformClient] of [
    ["as it is", undefined],
    ["behind a transformation", (client: HttpClient.HttpClient) => client]
  ] as const) {
    it.effect(`finds the context and the FiberRefs of the caller, ${how}`, () => {
      const seen: Array<unknown> = []
      const { layer } = onWire(
        ({ method }) =>
          Effect.gen(function* () {
            seen.push([yield* Tenant, yield* FiberRef.get(depth)])
            return {
              body:
                method === "DELETE" ? { id: "cp_1", object: "checkpoint.permission", deleted: true } : pageOf(["cp_1"])
            }
          }),
        { transformClient }
      )
      return Effect.gen(function* () {
        yield* calls.pipe(Effect.locally(depth, 7), Effect.provideService(Tenant, "acme"))
        assert.deepStrictEqual(seen, [
          ["acme", 7],
          ["acme", 7],
          ["acme", 7]
        ])
      }).pipe(Effect.provide(layer))
    })

    it.effect.each([
      ["a reply", { body: pageOf([]) }],
      ["an error", { status: 400 }],
      ["a lost connection", { drop: new Error("lost") }]
    ] as const)(
      `changes FiberRefs of the caller, ${how}, also with %s, and leaves nothing else behind`,
      ([, answer]) => {
        const { layer } = onWire(() => Effect.as(FiberRef.set(depth, 9), answer), {
          transformClient,
          retry: RetryPolicy.none
        })
        const valuesOf = Effect.map(Effect.getFiberRefs, (refs) => [
          FiberRefs.get(refs, HttpClient.currentTracerDisabledWhen),
          FiberRefs.get(refs, Headers.currentRedactedNames),
          FiberRefs.get(refs, FiberRef.unhandledErrorLogLevel)
        ])
        return Effect.gen(function* () {
          const service = yield* permissions
          const before = yield* valuesOf
          for (const run of [Effect.interruptible, Effect.uninterruptible] as const) {
            yield* FiberRef.set(depth, 0)
            yield* run(Effect.exit(service.list(checkpoint)))
            assert.strictEqual(yield* FiberRef.get(depth), 9)
          }
          assert.deepStrictEqual(yield* valuesOf, before)
        }).pipe(Effect.provide(layer))
      }
    )
  }

  it.effect("changes FiberRefs in what transforms it and in observers", () => {
    const { layer } = onWire(() => ({ body: pageOf([]) }), {
      transformClient: HttpClient.tap(() => FiberRef.update(depth, (n) => n + 1))
    })
    return Effect.gen(function* () {
      yield* (yield* permissions)
        .list(checkpoint)
        .pipe(CheckpointPermissions.withOptions({ onReply: () => FiberRef.update(depth, (n) => n + 10) }))
      assert.strictEqual(yield* FiberRef.get(depth), 11)
    }).pipe(Effect.provide(layer))
  })

  it.effect("changes FiberRefs of a page that was requested ahead when the page is consumed", () => {
    const { layer } = onWire(({ n }) =>
      Effect.as(FiberRef.set(depth, n + 1), { body: pageOf([`cp_${n}`], { has_more: n < 3 }) })
    )
    return Effect.gen(function* () {
      const seen: Array<number> = []
      yield* (yield* permissions).pages(checkpoint).pipe(
        Stream.runForEach(() =>
          Effect.zipRight(
            flush,
            Effect.map(FiberRef.get(depth), (n) => seen.push(n))
          )
        )
      )
      assert.deepStrictEqual(seen, [1, 2, 3, 4])
    }).pipe(Effect.provide(layer))
  })
})
