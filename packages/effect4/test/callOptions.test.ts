/** Options for some calls: which value counts, the limit of waits, and what observers are called with. */
import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  Pacing,
  RetryPolicy,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Clock, Context, Duration, Effect, Fiber, Layer, Logger, References, Schedule, Stream } from "effect"
import { assert, describe, test } from "vitest"
import { checkpoint, onFake, projects } from "./support/setup.ts"

const { withOptions } = CheckpointPermissions
const list = CheckpointPermissions.list(checkpoint)
const one = { seed: { [checkpoint]: projects(1) } }

type Services = CheckpointPermissions.CheckpointPermissions | FakePermissions.FakePermissions

/** Runs on a virtual clock, against a server that refuses the first requests for so many seconds. */
const refusing = <A, E>(
  self: Effect.Effect<A, E, Services>,
  retryAfter: number,
  { times = 1, ...options }: Partial<CheckpointPermissions.Options> & { readonly times?: number } = {}
) =>
  self.pipe(
    Effect.provide(
      onFake(
        { ...one, faults: Faults.scripted([{ fault: Faults.rateLimited({ "retry-after": `${retryAfter}` }), times }]) },
        { retry: RetryPolicy.standard, ...options }
      )
    ),
    Effect.provideService(References.MinimumLogLevel, "None"),
    VirtualClock.run,
    Effect.runPromise
  )

const timed = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const result = yield* self
    return [result, (yield* Clock.currentTimeMillis) - start] as const
  })

const failed = (call: Effect.Effect<unknown, CheckpointPermissions.ListingError, Services>) =>
  timed(
    Effect.map(Effect.flip(call), ({ _tag, attempts, retryAfter }) => [
      _tag,
      attempts,
      retryAfter && Duration.toSeconds(retryAfter)
    ])
  )

/** A first call that is refused, so that the rate limiter is paused. */
const pausing = Effect.andThen(Effect.forkChild(Effect.ignore(list)), Effect.sleep(1))

describe("maxWait", () => {
  test("makes a call fail immediately at a pause that ends later, effect or stream", () =>
    refusing(
      Effect.gen(function* () {
        yield* pausing
        const stream = Stream.runDrain(CheckpointPermissions.stream(checkpoint))
        for (const call of [list, stream]) {
          const [error, took] = yield* failed(withOptions(call, { maxWait: "19 seconds" }))
          assert.deepStrictEqual([error, took], [["RateLimitError", 0, 19.999], 0])
        }
        const fake = yield* FakePermissions.FakePermissions
        assert.strictEqual((yield* fake.requests).length, 1)
        const [, took] = yield* timed(withOptions(list, { maxWait: "20 seconds" }))
        assert.strictEqual(took, 19_999)
      }),
      20,
      { pacing: Pacing.adaptive }
    ))

  test("bounds delays after a 429 too, and no other delay", () =>
    refusing(
      Effect.gen(function* () {
        const [error, took] = yield* failed(withOptions(list, { maxWait: "5 seconds" }))
        assert.deepStrictEqual([error, took], [["RateLimitError", 1, 20], 0])
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.inject(Faults.error(503))
        const [, waited] = yield* timed(withOptions(list, { maxWait: 0, retry: Schedule.spaced("7 seconds") }))
        assert.strictEqual(waited, 7000)
      }),
      20
    ))

  test("counts what a call has waited already", () =>
    refusing(
      Effect.map(failed(withOptions(list, { maxWait: "50 seconds" })), ([error, took]) =>
        assert.deepStrictEqual([error, took], [["RateLimitError", 3, 20], 40_000])
      ),
      20,
      { times: 9 }
    ))
})

test("retry as a plain schedule keeps the cap of the service, or of the policy around it", () =>
  Effect.gen(function* () {
    const often = { retry: Schedule.spaced("10 seconds") }
    const [inService] = yield* failed(withOptions(list, often))
    assert.deepStrictEqual(inService, ["ServerError", 3, undefined])
    const around = { retry: RetryPolicy.make({ schedule: Schedule.recurs(0), cap: "15 seconds" }) }
    const [inPolicy] = yield* failed(list.pipe(withOptions(often), withOptions(around)))
    assert.deepStrictEqual(inPolicy, ["ServerError", 2, undefined])
  }).pipe(
    Effect.provide(
      onFake(
        { faults: Faults.scripted([{ fault: Faults.error(500), times: 99 }]) },
        { retry: RetryPolicy.make({ schedule: Schedule.recurs(0), cap: "25 seconds" }) }
      )
    ),
    Effect.provideService(References.MinimumLogLevel, "None"),
    VirtualClock.run,
    Effect.runPromise
  ))

test("the innermost given value counts, and one that is not given is inherited", () =>
  refusing(
    Effect.gen(function* () {
      yield* pausing
      const urgent = withOptions({ urgent: true, maxWait: 0, retry: RetryPolicy.standard })
      yield* list.pipe(withOptions({ onReply: () => Effect.void, retry: RetryPolicy.none }), urgent)
      const [error] = yield* failed(list.pipe(withOptions({ urgent: false }), urgent))
      assert.deepStrictEqual(error, ["RateLimitError", 0, 19.999])
      const [, took] = yield* timed(list.pipe(withOptions({ urgent: false, maxWait: "1 minute" }), urgent))
      assert.strictEqual(took, 19_999)
    }),
    20,
    { pacing: Pacing.adaptive }
  ))

test("all observers run, the inner one first, each with the services of where it was set; a layer sets the outermost", () =>
  refusing(
    Effect.gen(function* () {
      class Name extends Context.Service<Name, string>()("test/Name") {}
      const seen: Array<string> = []
      const observing: CheckpointPermissions.CallOptions<Name> = {
        onReply: ({ operation, status }) =>
          Effect.map(Name, (name) => void seen.push(`${name} ${operation} ${status}`)),
        onWait: ({ delay, error, reason }) =>
          Effect.map(Name, (name) => void seen.push(`${name} ${reason} ${Duration.format(delay)} ${error?._tag}`))
      }
      const note = (what: string) => Effect.sync(() => void seen.push(what))
      yield* list.pipe(
        withOptions(observing),
        Effect.provideService(Name, "inner"),
        withOptions(observing),
        Effect.provideService(Name, "outer"),
        Effect.provide(Layer.succeed(CheckpointPermissions.CurrentCallOptions, { onReply: () => note("layer") }))
      )
      const waits = ["inner retry 20s RateLimitError", "outer retry 20s RateLimitError"]
      const replies = (status: number) => [`inner list ${status}`, `outer list ${status}`, "layer"]
      assert.deepStrictEqual(seen, [...replies(429), ...waits, ...replies(200)])
    }),
    20
  ))

test("an observer's own calls have the options of outside", () =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const note = (name: string) => Effect.sync(() => void seen.push(name))
    yield* list.pipe(
      withOptions({ onReply: () => Effect.andThen(note("inner"), Effect.ignore(list)) }),
      withOptions({ onReply: () => note("outer") })
    )
    assert.deepStrictEqual(seen, ["inner", "outer", "outer"])
  }).pipe(Effect.provide(onFake(one)), Effect.runPromise))

test("logWaits: false silences the log of waits, and onWait runs all the same", async () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  const noted = withOptions(list, { onWait: ({ reason }) => Effect.sync(() => void lines.push(reason)) }).pipe(
    Effect.provideService(References.MinimumLogLevel, "Info"),
    Effect.provide(Logger.layer([logger]))
  )
  await refusing(noted, 20, { logWaits: false })
  await refusing(noted, 20)
  assert.deepStrictEqual([lines.length, lines[0], lines[2]], [3, "retry", "retry"])
  assert.include(lines[1], "list is tried again at")
})

test("a pause is reported to the calls that wait for it", () =>
  refusing(
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      yield* pausing
      const waiting = yield* Effect.forkChild(
        withOptions(list, {
          onWait: ({ delay, reason, waiting }) =>
            Effect.sync(() => void seen.push([reason, Duration.toMillis(delay), waiting]))
        })
      )
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(seen, [["hold", 19_999, 1]])
    }),
    20,
    { pacing: Pacing.adaptive }
  ))
