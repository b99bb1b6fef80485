/** Bulk work under a quota: the client itself on the in-process fake, in virtual time, so that the figures are exact. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import type * as ServerBehavior from "@checkpoint-permissions/testing/ServerBehavior"
import * as VirtualClock from "@checkpoint-permissions/testing/VirtualClock"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import OpenAI from "openai"
import { workers } from "../contenders/contender.ts"
import type { Context, Line, Result, Row } from "../row.ts"
import { ratio } from "../statistics.ts"
import { fetchOf } from "./fakeFetch.ts"
import { withVirtualTimers } from "./virtualTimers.ts"

const minute = 60_000
const deletes = 200
const fibers = 8

const written = "ft:quota:deletes"
const read = "ft:quota:listings"
const ids = Array.from({ length: deletes }, (_, n) => `cp_${n}`)

/** A server's quota. */
interface Quota {
  readonly perMinute: number
  readonly refill: "continuous" | "window"
  /** Whether refused calls are counted. */
  readonly countRefused: boolean
  readonly headers: "none" | "retry-after"
  /** It falls to a third and comes back, at these times. */
  readonly falls: readonly [number, number] | undefined
}

/** A delete of each permission with a listing after every fourth. */
const order: ReadonlyArray<string | undefined> = ids.flatMap((id, n) => (n % 4 === 3 ? [id, undefined] : [id]))

interface Outcome {
  readonly quota: Quota
  readonly minutes: number
  /** Against the least time in which the server takes so many deletes. */
  readonly ratio: number
  readonly requests: number
  readonly refused: number
  readonly failed: number
}

const rateAt = ({ falls, perMinute }: Quota, time: number): number =>
  falls !== undefined && time >= falls[0] && time < falls[1] ? perMinute / 3 : perMinute

/** The deletes are the most, and the bucket was full at the start. */
const least = (quota: Quota): number => {
  const step = quota.refill === "window" ? minute : 50
  let left = deletes - quota.perMinute
  let time = 0
  while (left > 1e-9) {
    time += step
    left -= (rateAt(quota, time - step) * step) / minute
  }
  return time
}

const rate = (quota: Quota, perMinute: number): ServerBehavior.Rate => ({
  requests: perMinute,
  per: minute,
  burst: perMinute,
  refill: quota.refill,
  countRefused: quota.countRefused,
  headers: quota.headers
})

/** Does the work with 8 at once on such a server; `work` answers how many operations failed. */
const measure = (quota: Quota, work: Effect.Effect<number, unknown, HttpClient.HttpClient>): Promise<Outcome> =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const { falls } = quota
    if (falls !== undefined) {
      const change = (at: number, perMinute: number) =>
        Effect.zipRight(Effect.sleep(at), fake.setBehavior({ rate: rate(quota, perMinute) }))
      yield* Effect.fork(change(falls[0], quota.perMinute / 3))
      yield* Effect.fork(change(falls[1], quota.perMinute))
    }
    const failed = yield* work
    const time = yield* Clock.currentTimeMillis
    const requests = yield* fake.requests
    return {
      quota,
      minutes: time / minute,
      ratio: time / least(quota),
      requests: requests.length,
      refused: requests.filter((request) => request.status === 429).length,
      failed
    }
  }).pipe(
    Effect.provide(
      FakePermissions.layer({
        seed: { [written]: ids.map((id) => ({ id, project_id: `proj_${id}` })), [read]: ["proj_a"] },
        behavior: { rate: rate(quota, quota.perMinute), latency: "60 millis", replyLatency: "60 millis" }
      })
    ),
    VirtualClock.run,
    Effect.withRandom(Random.make(`${quota.perMinute}/${quota.refill}/${quota.countRefused}/${quota.headers}`)),
    Effect.runPromise
  )

const withOurs = (pacing: Pacing.Pacing | undefined): Effect.Effect<number, unknown, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const permissions = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-bench"), pacing })
    const checkpoint = Identifiers.CheckpointId.make(written)
    const results = yield* Effect.forEach(
      order,
      (id) =>
        Effect.isSuccess(
          id === undefined
            ? Effect.asVoid(permissions.list(Identifiers.CheckpointId.make(read)))
            : Effect.asVoid(permissions.delete(checkpoint, Identifiers.PermissionId.make(id)))
        ),
      { concurrency: fibers }
    )
    return results.filter((worked) => !worked).length
  })

/** At its defaults; its `fetch` asks the fake, and `setTimeout` is the virtual clock's. */
const withOpenai: Effect.Effect<number, unknown, HttpClient.HttpClient> = Effect.flatMap(fetchOf, (fetch) =>
  withVirtualTimers(() => {
    const client = new OpenAI({ apiKey: "sk-bench", adminAPIKey: "sk-admin-bench", baseURL: "https://fake/v1", fetch })
    const { permissions } = client.fineTuning.checkpoints
    const left = [...order]
    return workers(order.length, fibers, async () => {
      const id = left.shift()
      try {
        if (id === undefined) await permissions.list(read)
        else await permissions.delete(id, { fine_tuned_model_checkpoint: written })
        return 0
      } catch {
        return 1
      }
    })
  })
)

const rates = [3, 7, 10, 60]

/** Falls half-way, for so many minutes' worth of work. */
const fallsAt = (perMinute: number): readonly [number, number] => {
  const from = ((deletes - perMinute) / perMinute) * (minute / 2)
  return [from, from + 10 * minute * Math.min(1, 10 / perMinute)]
}

interface Case {
  readonly what: string
  readonly pacing: (perMinute: number) => Pacing.Pacing | undefined
  readonly headers: Quota["headers"]
  readonly refill: Quota["refill"]
  readonly falls?: true
  /** The most: times the least time, percent refused. */
  readonly goal: { readonly ratio?: number; readonly refused?: number }
}

const adaptive = () => undefined
const exactly = (perMinute: number) => Pacing.fixed({ requests: perMinute, per: minute, burst: perMinute })
const anyStretch = (perMinute: number) => Pacing.fixed({ requests: perMinute, per: minute })

const cases: ReadonlyArray<Case> = [
  {
    what: "adaptive, no headers, continuous",
    pacing: adaptive,
    headers: "none",
    refill: "continuous",
    goal: { ratio: 1.15, refused: 5 }
  },
  {
    what: "adaptive, no headers, window",
    pacing: adaptive,
    headers: "none",
    refill: "window",
    goal: { ratio: 1.3, refused: 8 }
  },
  {
    what: "adaptive, Retry-After, continuous",
    pacing: adaptive,
    headers: "retry-after",
    refill: "continuous",
    goal: { ratio: 1.05, refused: 2 }
  },
  {
    what: "adaptive, Retry-After, window",
    pacing: adaptive,
    headers: "retry-after",
    refill: "window",
    goal: { ratio: 1.05, refused: 2 }
  },
  {
    what: "fixed, told the rate, continuous",
    pacing: exactly,
    headers: "none",
    refill: "continuous",
    goal: { ratio: 1.02, refused: 0 }
  },
  { what: "fixed, told the rate, window", pacing: anyStretch, headers: "none", refill: "window", goal: { refused: 0 } },
  {
    what: "adaptive, rate falls and returns, continuous",
    pacing: adaptive,
    headers: "none",
    refill: "continuous",
    falls: true,
    goal: { ratio: 1.3 }
  },
  {
    what: "adaptive, rate falls and returns, window",
    pacing: adaptive,
    headers: "none",
    refill: "window",
    falls: true,
    goal: {}
  }
]

const worst = (outcomes: ReadonlyArray<Outcome>, of: (outcome: Outcome) => number): number =>
  Math.max(...outcomes.map(of))

const percentRefused = (outcome: Outcome): number => (100 * outcome.refused) / outcome.requests

const quotas = ({ falls, headers, refill }: Case, perMinutes: ReadonlyArray<number>): ReadonlyArray<Quota> =>
  perMinutes.flatMap((perMinute) =>
    [false, true]
      // the fake's windows do not count refused calls
      .filter((countRefused) => refill === "continuous" || !countRefused)
      .map((countRefused) => ({
        perMinute,
        refill,
        countRefused,
        headers,
        falls: falls === undefined ? undefined : fallsAt(perMinute)
      }))
  )

const lineOf = async (one: Case, { quick, say }: Context): Promise<{ readonly line: Line; readonly data: unknown }> => {
  say(`  ${one.what}`)
  const ours: Array<Outcome> = []
  const openai: Array<Outcome> = []
  for (const quota of quotas(one, quick ? [10] : rates)) {
    ours.push(await measure(quota, withOurs(one.pacing(quota.perMinute))))
    openai.push(await measure(quota, withOpenai))
  }
  const { ratio: most = Number.POSITIVE_INFINITY, refused = 100 } = one.goal
  const [slowest, limited, failed] = [
    worst(ours, (outcome) => outcome.ratio),
    worst(ours, percentRefused),
    worst(ours, (outcome) => outcome.failed)
  ]
  const failures = openai.map((outcome) => outcome.failed)
  const percent = limited === 0 ? "0" : `${limited.toFixed(1)} %`
  return {
    data: { what: one.what, ours, openai },
    line: {
      what: one.what,
      values: {
        ours: `${ratio(slowest)}, ${percent} refused, ${failed} failed`,
        openai: `${Math.min(...failures)}–${Math.max(...failures)} of ${order.length} failed`
      },
      figure: `${ratio(slowest)} the least time`,
      goal: [
        ...(Number.isFinite(most) ? [`≤ ${most} ×`] : []),
        ...(refused < 100 ? [`≤ ${refused} % refused`] : []),
        "0 failed"
      ].join(", "),
      met: slowest <= most && limited <= refused && failed === 0
    }
  }
}

export const quota: Row = {
  name: "quota",
  title: "200 deletes and 50 listings, 8 fibers, at 3, 7, 10 and 60 calls a minute, virtual time (the worst of them)",
  run: async (context): Promise<Result> => {
    const results: Array<{ readonly line: Line; readonly data: unknown }> = []
    for (const one of cases) results.push(await lineOf(one, context))
    return { lines: results.map(({ line }) => line), data: results.map(({ data }) => data) }
  }
}
