/** Calls that are interrupted at every step leave nothing behind. */
import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  Pacing,
  type PermissionsError,
  RetryPolicy,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Clock, Effect, Fiber, Option, References, Scheduler, Stream } from "effect"
import { assert, test } from "vitest"
import { seeds } from "../../../scripts/endurance.ts"
import { checkpoint, onFake, projects, quick } from "./support/setup.ts"

type Operation = Effect.Effect<unknown, PermissionsError.PermissionsError, CheckpointPermissions.CheckpointPermissions>
const operations = {
  list: CheckpointPermissions.list(checkpoint),
  create: CheckpointPermissions.create(checkpoint, ["proj_new"]),
  delete: CheckpointPermissions.delete(checkpoint, "cp_000000000000000000000001"),
  stream: Stream.runDrain(CheckpointPermissions.stream(checkpoint, { limit: 7 })),
  left: Stream.runDrain(Stream.take(CheckpointPermissions.stream(checkpoint, { limit: 7 }), 15))
}
const regions = {
  plain: <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<unknown, E, R> => self,
  uninterruptible: <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<unknown, E, R> =>
    Effect.uninterruptible(self),
  finishInFlight: <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<unknown, E, R> =>
    CheckpointPermissions.finishInFlight(self),
  finalizer: <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<unknown, E, R> =>
    Effect.ensuring(Effect.yieldNow, Effect.ignore(self))
}
const paces = {
  none: Pacing.none,
  adaptive: Pacing.adaptive,
  fixed: Pacing.fixed({ requests: 2, per: "1 second" }),
  bucket: Pacing.fixed({ requests: 2, per: "1 second", burst: 2 })
}

interface Case {
  readonly seed: number
  readonly operation: keyof typeof operations
  readonly region: keyof typeof regions
  readonly pacing: keyof typeof paces
  readonly faults: boolean
  /** Steps of the runtime before a fiber yields, so that every step is one at which it can be interrupted. */
  readonly steps: number
  /** The interruption comes after so many turns of the scheduler, or milliseconds. */
  readonly turns: number | undefined
  readonly millis: number
}

/** All of it follows from the seed. */
const caseOf = (seed: number): Case => {
  let state = (seed * 2654435761) >>> 0
  const below = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  for (let i = 0; i < 5; i++) below(2)
  const pick = <K extends string>(all: Readonly<Record<K, unknown>>): K => {
    const names = Object.keys(all).filter((name): name is K => name in all)
    const name = names[below(names.length)]
    if (name === undefined) throw new Error("nothing to choose from")
    return name
  }
  return {
    seed,
    operation: pick(operations),
    region: pick(regions),
    pacing: pick(paces),
    faults: below(2) === 0,
    steps: below(2) === 0 ? 3 + below(40) : 2048,
    turns: below(3) === 0 ? undefined : below(60),
    millis: below(3000)
  }
}

/** How long six calls take at most after the case. A turn that is lost costs a minute. */
const longest = { none: 600, adaptive: 3_600_000, fixed: 8000, bucket: 8000 }

const check = (one: Case): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const wrong: Array<string> = []
    const fake = yield* FakePermissions.FakePermissions
    const rival = yield* Effect.forkDetach(Effect.exit(CheckpointPermissions.list(checkpoint)))
    const operation: Operation = operations[one.operation]
    const fiber = yield* Effect.forkDetach(regions[one.region](operation))
    if (one.turns === undefined) yield* Effect.sleep(one.millis)
    else for (let turn = 0; turn < one.turns; turn++) yield* Effect.yieldNow
    fiber.interruptUnsafe()
    for (const [name, waited] of [
      ["it", fiber],
      ["a rival", rival]
    ] as const) {
      if (Option.isNone(yield* Effect.timeoutOption(Fiber.await(waited), "1 hour"))) wrong.push(`${name} hangs`)
    }
    for (let turn = 0; turn < 50; turn++) yield* Effect.yieldNow
    if ((yield* fake.requests).some(({ outcome }) => outcome === "pending")) wrong.push("a request is still pending")

    // no turn is lost: the next calls go as if nothing had been
    yield* fake.setFaults(Faults.none)
    const from = yield* Clock.currentTimeMillis
    const probe = CheckpointPermissions.withOptions(CheckpointPermissions.list(checkpoint), {
      retry: RetryPolicy.standard
    })
    yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => probe, { concurrency: 2, discard: true })
    const took = (yield* Clock.currentTimeMillis) - from
    if (took > longest[one.pacing] + (one.faults ? 32_000 : 0)) wrong.push(`later calls take ${took} ms`)
    const sent = (yield* fake.requests).length
    yield* Effect.sleep("1 hour")
    if ((yield* fake.requests).length > sent) wrong.push("a request was sent after the end")
    return wrong
  }).pipe(
    Effect.provide(
      onFake(
        {
          seed: { [checkpoint]: projects(40) },
          behavior: { latency: "100 millis" },
          faults: one.faults
            ? Faults.random({
                seed: one.seed,
                probability: 0.3,
                kinds: ["rate-limited", "server-error", "drop-before", "drop-after", "latency"],
                consecutive: 2
              })
            : Faults.none
        },
        { pacing: paces[one.pacing], retry: quick, timeout: "5 seconds" }
      )
    ),
    Effect.provideService(Scheduler.MaxOpsBeforeYield, one.steps),
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.orDie,
    VirtualClock.run
  )

const all = seeds(40, 2000)

test(`${all.length} calls that are interrupted at random leave nothing behind`, async () => {
  for (const seed of all) {
    const one = caseOf(seed)
    assert.deepStrictEqual(await Effect.runPromise(check(one)), [], JSON.stringify(one))
  }
})
