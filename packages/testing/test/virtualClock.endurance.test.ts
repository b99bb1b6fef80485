import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, it } from "@effect/vitest"
import { Array as Arr, Effect, Fiber, Option, Stream } from "effect"
import { seeds } from "../../../tools/endurance.ts"

const race = Effect.raceFirst(Effect.never, Effect.never)

const forms: ReadonlyArray<Effect.Effect<unknown>> = [
  Effect.raceFirst(race, Effect.raceFirst(Effect.never, race)),
  Effect.forEach([1, 2, 3], () => Effect.never, { concurrency: 2, discard: true }),
  Effect.forEach([1, 2, 3], () => Effect.sleep(1), { concurrency: "unbounded" }),
  Effect.all([Effect.never, Effect.race(Effect.never, Effect.sleep(5))], { concurrency: "unbounded" }),
  Effect.scoped(Effect.zipRight(Effect.forkScoped(Effect.never), Effect.timeoutOption(Effect.never, 3))),
  Stream.runDrain(Stream.mapEffect(Stream.make(1, 2, 3), () => Effect.never, { concurrency: 2 }))
]

/** Whether a program ends that is interrupted after a few yields. */
const ends = (seed: number, yieldChance: number, form: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkDaemon(form)
    yield* Effect.repeatN(Effect.yieldNow(), seed % 7)
    return yield* Effect.timeoutOption(Effect.disconnect(Fiber.interrupt(fiber)), "1 hour")
  }).pipe((program) => VirtualClock.run(program, { seed, yieldChance }), Effect.map(Option.isSome))

// The chosen seeds hung while the event loop let a maker run before what it made, or a race between the operation that
// makes its fibers and the one that starts them. Effect's own `forEach` hangs if it is interrupted in its first
// operations, also on Effect's scheduler with `withMaxOpsBeforeYield(12)`: seeds from 400 on would find it.
it.effect.each([
  ["whatever runs concurrently", [43, 56, 79, 99, 133, 147, ...Arr.range(0, 30)], 399, undefined],
  ["a race", [1029, 1887, 2394, 2912, 2968], 6000, Effect.race(Effect.never, Effect.never)]
] as const)("%s ends, at whatever operation and time it is interrupted", ([, short, long, one]) =>
  Effect.gen(function* () {
    for (const seed of seeds(short, long)) {
      const form = one ?? forms[seed % forms.length] ?? Effect.void
      assert.isTrue(yield* ends(seed, seed % 5 === 0 && one === undefined ? 0 : 0.05, form), `seed ${seed}`)
    }
  })
)
