/** The durations in the table of "Limit the time" of docs/in-an-application.md. */
import { readFileSync } from "node:fs"
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, type ServerBehavior, VirtualClock } from "@checkpoint-permissions/testing"
import { Clock, Effect, Layer, Random, Redacted, Stream } from "effect"
import { assert, it } from "vitest"

const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

type Services = Access.Access | CheckpointPermissions.CheckpointPermissions
type Work = Effect.Effect<unknown, unknown, Services>

interface Limit {
  readonly options?: Partial<CheckpointPermissions.Options>
  readonly around?: (self: Work) => Work
}

const limits: Readonly<Record<string, Limit>> = {
  "no further limit": {},
  "the service option `timeout`": { options: { timeout: "20 seconds" } },
  "the `cap` of the [retry policy](retry-and-rate-limits.md#your-own-policy)": {
    options: { retry: RetryPolicy.make({ schedule: RetryPolicy.standard.schedule, cap: "20 seconds" }) }
  },
  "`CheckpointPermissions.withOptions({ deadline })`": {
    around: (self) => CheckpointPermissions.withOptions(self, { deadline: "20 seconds" })
  },
  "`Effect.timeout`": { around: (self) => Effect.timeout(self, "20 seconds") }
}

interface Situation {
  readonly behavior?: ServerBehavior.Settings
  readonly isRefused?: boolean
  readonly work: Work
}

const slow = { latency: "15 seconds" } as const

const situations: ReadonlyArray<Situation> = [
  { behavior: { latency: "1 hour" }, work: CheckpointPermissions.list(checkpoint) },
  { isRefused: true, work: CheckpointPermissions.list(checkpoint) },
  { behavior: slow, work: Stream.runDrain(CheckpointPermissions.stream(checkpoint, { limit: 2 })) },
  { behavior: slow, work: Access.grant(checkpoint, ["proj_new"]) }
]

const took = ({ around = (self) => self, options = {} }: Limit, { behavior, isRefused, work }: Situation) =>
  Effect.gen(function* () {
    if (isRefused === true)
      yield* (yield* FakePermissions.FakePermissions).inject(Array.from({ length: 999 }, () => Faults.rateLimited()))
    const from = yield* Clock.currentTimeMillis
    yield* Effect.exit(around(work))
    return Math.round(((yield* Clock.currentTimeMillis) - from) / 1000)
  }).pipe(
    Effect.provide(
      Access.layer.pipe(
        Layer.provideMerge(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test"), ...options })),
        Layer.provideMerge(
          FakePermissions.layer({ behavior, seed: { [checkpoint]: Array.from({ length: 10 }, (_, n) => `proj_${n}`) } })
        )
      )
    ),
    Effect.withRandom(Random.fixed([0.5])),
    VirtualClock.run
  )

const guide = readFileSync(new URL("../../../docs/in-an-application.md", import.meta.url), "utf8")

it.each(Object.entries(limits))("with %s, it takes as long as the guide says", async (name, limit) => {
  const row = guide.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? ""
  const seconds: Array<string> = []
  for (const situation of situations) seconds.push(`${await Effect.runPromise(took(limit, situation))} s`)
  assert.deepStrictEqual(row.split(" | ").slice(2).join(" | "), `${seconds.join(" | ")} |`)
})
