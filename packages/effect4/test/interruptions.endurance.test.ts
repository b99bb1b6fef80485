/** Calls that are interrupted at every step leave nothing behind. */
import { type Interrupted, interruptedOf, interruptedServer, longestAfter } from "@checkpoint-permissions/contract"
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
import { seeds } from "../../../tools/endurance.ts"
import { decorated } from "./support/contract.ts"
import { checkpoint, onFake, quick } from "./support/setup.ts"

type Operation = Effect.Effect<unknown, PermissionsError.PermissionsError, CheckpointPermissions.CheckpointPermissions>

const operations = {
  list: CheckpointPermissions.list(checkpoint),
  create: CheckpointPermissions.create(checkpoint, ["proj_new"]),
  delete: CheckpointPermissions.delete(checkpoint, "cp_000000000000000000000001"),
  stream: Stream.runDrain(CheckpointPermissions.stream(checkpoint, { limit: 7 })),
  left: Stream.runDrain(Stream.take(CheckpointPermissions.stream(checkpoint, { limit: 7 }), 15)),
  pages: Stream.runForEach(CheckpointPermissions.pages(checkpoint, { limit: 9 }), () => Effect.yieldNow)
}

const regions: Readonly<Record<Interrupted["region"], (self: Operation) => Operation>> = {
  plain: (self) => self,
  uninterruptible: Effect.uninterruptible,
  finishInFlight: (self) => CheckpointPermissions.finishInFlight(self),
  finalizer: (self) => Effect.ensuring(Effect.yieldNow, Effect.ignore(self)),
  scoped: (self) =>
    Effect.scoped(
      Effect.flatMap(Effect.context<CheckpointPermissions.CheckpointPermissions>(), (services) =>
        Effect.andThen(
          Effect.addFinalizer(() => Effect.provideContext(Effect.ignore(self), services)),
          self
        )
      )
    )
}

const paces = {
  none: Pacing.none,
  adaptive: Pacing.adaptive,
  fixed: Pacing.fixed({ requests: 2, per: "1 second" }),
  bucket: Pacing.fixed({ requests: 2, per: "1 second", burst: 2 }),
  decorated: decorated(Pacing.fixed({ requests: 2, per: "1 second" }))
}

const policies = { standard: RetryPolicy.standard, quick, none: RetryPolicy.none }

const check = (one: Interrupted): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const wrong: Array<string> = []
    const fake = yield* FakePermissions.FakePermissions
    const rivals = yield* Effect.forEach(Array.from({ length: one.rivals }), () =>
      Effect.forkDetach(Effect.exit(operations.list))
    )
    const operation: Operation = CheckpointPermissions.withOptions(operations[one.operation], {
      deadline: one.deadline
    })
    const fiber = yield* Effect.forkDetach(Effect.exit(regions[one.region](operation)))
    if (one.turns === undefined) yield* Effect.sleep(one.millis)
    else for (let turn = 0; turn < one.turns; turn++) yield* Effect.yieldNow
    fiber.interruptUnsafe()
    for (const waited of [fiber, ...rivals]) {
      const name = waited === fiber ? "it" : "a rival"
      if (Option.isNone(yield* Effect.timeoutOption(Fiber.await(waited), "1 hour"))) wrong.push(`${name} hangs`)
    }
    for (let turn = 0; turn < 50; turn++) yield* Effect.yieldNow
    if ((yield* fake.requests).some(({ outcome }) => outcome === "pending")) wrong.push("a request is still pending")

    // no permit is lost: the next calls are sent as if nothing had been
    yield* fake.setFaults(Faults.none)
    const from = yield* Clock.currentTimeMillis
    const probe = CheckpointPermissions.withOptions(operations.list, { retry: RetryPolicy.standard })
    yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => probe, { concurrency: 2, discard: true })
    const took = (yield* Clock.currentTimeMillis) - from
    if (took > longestAfter(one)) wrong.push(`later calls take ${took} ms`)
    const sent = (yield* fake.requests).length
    yield* Effect.sleep("1 hour")
    if ((yield* fake.requests).length > sent) wrong.push("a request was sent after the end")
    return wrong
  }).pipe(
    Effect.provide(
      onFake(interruptedServer(one), {
        pacing: paces[one.pacing],
        retry: policies[one.retry],
        timeout: "5 seconds"
      })
    ),
    Effect.provideService(Scheduler.MaxOpsBeforeYield, one.steps),
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.orDie,
    VirtualClock.run
  )

const all = seeds(14, 2000)

test(`${all.length} calls that are interrupted at random leave nothing behind`, async () => {
  for (const seed of all) {
    const one = interruptedOf(seed)
    assert.deepStrictEqual(await Effect.runPromise(check(one)), [], JSON.stringify(one))
  }
})
