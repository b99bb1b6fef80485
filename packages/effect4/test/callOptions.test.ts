/** Observers of calls: with which services and options they run. The contract has the other options. */
import { CheckpointPermissions, FakePermissions, Faults } from "@checkpoint-permissions/effect4"
import { Context, Duration, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { assert } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, one, onFake, quick } from "./support/setup.ts"

const { withOptions } = CheckpointPermissions
const list = CheckpointPermissions.list(checkpoint)

it.effect("observers all run, the inner one first, each with the services of its own place, that of a layer last", () =>
  Effect.gen(function* () {
    class Name extends Context.Service<Name, string>()("test/Name") {}
    const seen: Array<string> = []
    const observing: CheckpointPermissions.CallOptions<Name> = {
      onReply: ({ operation, status }) => Effect.map(Name, (name) => void seen.push(`${name} ${operation} ${status}`)),
      onWait: ({ delay, error, reason }) =>
        Effect.map(Name, (name) => void seen.push(`${name} ${reason} ${Duration.format(delay)} ${error?._tag}`))
    }
    const onReply = () => Effect.sync(() => void seen.push("layer"))
    const fiber = yield* list.pipe(
      withOptions(observing),
      Effect.provideService(Name, "inner"),
      withOptions(observing),
      Effect.provideService(Name, "outer"),
      Effect.provide(Layer.succeed(CheckpointPermissions.CurrentCallOptions, { onReply })),
      Effect.forkChild
    )
    yield* TestClock.adjust("20 seconds")
    yield* Fiber.join(fiber)
    const waits = ["inner retry 20s RateLimitError", "outer retry 20s RateLimitError"]
    const replies = (status: number) => [`inner list ${status}`, `outer list ${status}`, "layer"]
    assert.deepStrictEqual(seen, [...replies(429), ...waits, ...replies(200)])
  }).pipe(
    Effect.provide(
      onFake({ ...one, faults: Faults.scripted([Faults.rateLimited({ "retry-after": "20" })]) }, { retry: quick })
    )
  )
)

it.effect("an unknown name is refused, and nothing is run", () =>
  Effect.gen(function* () {
    const misspelt = JSON.parse('{ "timeLimit": 1000 }')
    const error = yield* Effect.flip(withOptions(list, misspelt))
    assert.include(String(error), "invalid timeLimit: unknown name: ")
    const streamed = yield* Effect.flip(
      Stream.runDrain(withOptions(CheckpointPermissions.stream(checkpoint), misspelt))
    )
    assert.deepInclude(streamed, { _tag: "InvalidInputError", field: "timeLimit" })
    assert.isEmpty(yield* (yield* FakePermissions.FakePermissions).requests)
  }).pipe(Effect.provide(onFake(one)))
)

it.effect("the calls of an observer have the outer options", () =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const note = (name: string) => Effect.sync(() => void seen.push(name))
    yield* list.pipe(
      withOptions({ onReply: () => Effect.andThen(note("inner"), Effect.ignore(list)) }),
      withOptions({ onReply: () => note("outer") })
    )
    assert.deepStrictEqual(seen, ["inner", "outer", "outer"])
  }).pipe(Effect.provide(onFake(one)))
)
