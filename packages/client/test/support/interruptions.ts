/** Calls that are interrupted at random, and what is left behind. */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import {
  Clock,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Redacted,
  Schedule,
  Stream,
  Supervisor
} from "effect"
import { decorated } from "./limiters.ts"
import { checkpoint, key, projects } from "./setup.ts"

/** A linear congruential generator: good enough to pick cases. */
const generator = (seed: number) => {
  let state = (seed * 2654435761) >>> 0
  return {
    below: (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * n)
    }
  }
}

/** What one case does; all of it follows from the seed. */
export interface Case {
  readonly seed: number
  readonly operation: "list" | "create" | "delete" | "stream" | "left" | "pages"
  readonly region: "plain" | "uninterruptible" | "finishInFlight" | "finalizer" | "scoped"
  readonly pacing: "none" | "adaptive" | "fixed" | "bucket" | "decorated"
  readonly retry: "standard" | "quick" | "none"
  readonly faults: "none" | "some" | "many"
  /** Steps of the runtime before a fiber yields. */
  readonly operations: number
  /** When the interruption comes: after so many turns of the scheduler, or after so many milliseconds. */
  readonly after: { readonly turns: number } | { readonly millis: number }
  readonly rivals: number
}

export const caseOf = (seed: number): Case => {
  const { below } = generator(seed)
  const pick = <A>(...all: readonly [A, ...ReadonlyArray<A>]): A => all[below(all.length)] ?? all[0]
  for (let i = 0; i < 5; i++) below(2)
  return {
    seed,
    operation: pick("list", "create", "delete", "stream", "left", "pages"),
    region: pick("plain", "uninterruptible", "finishInFlight", "finalizer", "scoped"),
    pacing: pick("none", "adaptive", "fixed", "bucket", "decorated"),
    retry: pick("standard", "quick", "none"),
    faults: pick("none", "some", "many"),
    operations: below(2) === 0 ? 11 + below(37) : 2000 + below(101),
    after: below(3) === 0 ? { millis: below(3000) } : { turns: below(80) },
    rivals: below(4)
  }
}

const pacingOf = {
  none: Pacing.none,
  adaptive: Pacing.adaptive,
  fixed: Pacing.fixed({ requests: 2, per: "1 second" }),
  bucket: Pacing.fixed({ requests: 2, per: "1 second", burst: 2 }),
  decorated: decorated(Pacing.fixed({ requests: 2, per: "1 second" }))
}

const retryOf = {
  standard: RetryPolicy.standard,
  quick: RetryPolicy.make({ schedule: Schedule.recurs(2), cap: "1 minute" }),
  none: RetryPolicy.none
}

const run = ({ operation, seed }: Case, service: CheckpointPermissions.Service): Effect.Effect<unknown, unknown> => {
  switch (operation) {
    case "list":
      return service.list(checkpoint)
    case "create":
      return service.create(checkpoint, [`proj_new_${seed}`])
    case "delete":
      return service.delete(checkpoint, "cp_000000000000000000000001")
    case "stream":
      return Stream.runDrain(service.stream(checkpoint, { limit: 7 }))
    case "left":
      return Stream.runDrain(Stream.take(service.stream(checkpoint, { limit: 7 }), 15))
    case "pages":
      return Stream.runForEach(service.pages(checkpoint, { limit: 9 }), () => Effect.yieldNow())
  }
}

const inRegion = ({ region }: Case, effect: Effect.Effect<unknown, unknown>): Effect.Effect<unknown, unknown> => {
  switch (region) {
    case "plain":
      return effect
    case "uninterruptible":
      return Effect.uninterruptible(effect)
    case "finishInFlight":
      return CheckpointPermissions.finishInFlight(effect)
    case "finalizer":
      return Effect.ensuring(Effect.yieldNow(), Effect.ignore(effect))
    case "scoped":
      return Effect.scoped(
        Effect.zipRight(
          Effect.addFinalizer(() => Effect.ignore(effect)),
          effect
        )
      )
  }
}

/** How long six calls take at most after the case; a turn that is lost costs a minute. */
const longest = ({ faults, pacing }: Case): number => {
  if (pacing === "none") return 500
  if (pacing === "adaptive") return faults === "none" ? 500 : 3_600_000
  // a Retry-After of the fake is at most half a minute
  return faults === "none" ? 8000 : 40_000
}

/** What is wrong after one case; nothing when all is well. */
export const check = (one: Case): Effect.Effect<ReadonlyArray<string>> => {
  const layer = CheckpointPermissions.layer({
    adminKey: Redacted.make(key),
    pacing: pacingOf[one.pacing],
    retry: retryOf[one.retry],
    timeout: "5 seconds"
  }).pipe(
    Layer.provideMerge(
      FakePermissions.layer({
        seed: { [checkpoint]: projects(40) },
        behavior: { latency: "100 millis" },
        faults:
          one.faults === "none"
            ? Faults.none
            : Faults.random({
                seed: one.seed,
                probability: one.faults === "some" ? 0.1 : 0.4,
                kinds: ["rate-limited", "server-error", "drop-before", "drop-after", "latency"],
                consecutive: 2
              })
      })
    )
  )
  return Effect.gen(function* () {
    const wrong: Array<string> = []
    const fake = yield* FakePermissions.FakePermissions
    const service = yield* CheckpointPermissions.CheckpointPermissions
    const supervisor = yield* Supervisor.track
    const rivals = yield* Effect.forEach(Array.from({ length: one.rivals }), () =>
      Effect.fork(Effect.exit(service.list(checkpoint)))
    )
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.zipRight(Deferred.succeed(begun, undefined), inRegion(one, run(one, service))).pipe(
      Effect.exit,
      Effect.supervised(supervisor),
      Effect.forkDaemon
    )
    yield* Deferred.await(begun)
    if ("turns" in one.after) yield* Effect.repeatN(Effect.yieldNow(), one.after.turns)
    else yield* Effect.sleep(one.after.millis)
    yield* Fiber.interruptFork(fiber)
    // every case ends well within an hour, or not at all
    const ended = yield* Effect.timeoutOption(Fiber.await(fiber), "1 hour")
    if (ended._tag === "None") wrong.push("hangs")
    for (const rival of rivals) {
      if ((yield* Effect.timeoutOption(Fiber.await(rival), "1 hour"))._tag === "None") wrong.push("a rival hangs")
    }
    yield* Effect.repeatN(Effect.yieldNow(), 50)
    const left = (yield* supervisor.value).length
    if (left > 0) wrong.push(`${left} fibers left`)
    const requests = yield* fake.requests
    if (requests.some(({ outcome }) => outcome === "pending")) wrong.push("a request is still pending")

    // no turn is lost: the next calls go as if nothing had been
    yield* fake.setFaults(Faults.none)
    const from = yield* Clock.currentTimeMillis
    const probes = Effect.forEach(
      Array.from({ length: 6 }),
      () => CheckpointPermissions.withOptions(service.list(checkpoint), { retry: RetryPolicy.standard }),
      { concurrency: 2, discard: true }
    )
    const probed = yield* Effect.exit(Effect.timeoutOption(probes, "1 hour"))
    if (Exit.isFailure(probed)) wrong.push(`a later call fails: ${String(probed.cause)}`)
    const took = (yield* Clock.currentTimeMillis) - from
    if (took > longest(one)) wrong.push(`later calls take ${took} ms`)

    const sent = (yield* fake.requests).length
    yield* Effect.sleep("1 hour")
    if ((yield* fake.requests).length > sent) wrong.push("a request was sent after the end")
    return wrong
  }).pipe(
    Effect.withMaxOpsBeforeYield(one.operations),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.provide(layer),
    Effect.orDie,
    VirtualClock.run
  )
}
