/** The rate of requests. */
import * as faults from "@checkpoint-permissions/fake/faults"
import {
  always,
  created,
  create as creating,
  finish,
  interrupt,
  list,
  listed,
  repeat,
  sequence,
  stream,
  timeout,
  times,
  uninterruptible,
  withOptions
} from "../builders.ts"
import type { Case } from "../case.ts"

const stray = [
  ["without a header", {}, 0],
  ["with Retry-After: 1", { "retry-after": "1" }, 1000],
  ["with retry-after-ms: 30", { "retry-after-ms": "30" }, 30],
  ["with Retry-After: 7", { "retry-after": "7" }, 7000]
] as const

export const pacing: ReadonlyArray<Case> = [
  {
    name: "a fixed rate is never exceeded, in any stretch of time",
    has: ["proj_001"],
    behavior: { rate: { requests: 2, per: 1000, refill: "window" } },
    options: { pacing: { requests: 2, per: 1000 } },
    call: repeat(7, list(), 7),
    ok: times(7, listed("proj_001")),
    sent: times(7, "list 200"),
    took: 3000
  },
  {
    name: "a bucket lets a burst go, then the rate",
    has: ["proj_001"],
    behavior: { rate: { requests: 2, per: 1000, burst: 4 } },
    options: { pacing: { requests: 2, per: 1000, burst: 4 } },
    call: repeat(8, list(), 8),
    ok: times(8, listed("proj_001")),
    sent: times(8, "list 200"),
    took: 2000
  },
  {
    name: "the adaptive limiter never waits before a refusal",
    has: ["proj_001"],
    options: { pacing: "adaptive" },
    call: repeat(12, list(), 4),
    ok: times(12, listed("proj_001")),
    sent: times(12, "list 200")
  },
  ...[1, 6, 30].flatMap((nth) =>
    stray.map(
      ([asks, headers, asked]): Case => ({
        name: `a stray 429 at request ${nth} of 30 ${asks} costs at most five seconds more than its Retry-After`,
        has: ["proj_001"],
        answers: [{ fault: faults.rateLimited(headers), nth }],
        options: { pacing: "adaptive", retry: "standard" },
        call: repeat(30),
        ok: times(30, listed("proj_001")),
        sent: [...times(nth - 1, "list 200"), "list 429", ...times(31 - nth, "list 200")],
        took: [asked, asked + 5000]
      })
    )
  ),
  {
    name: "before a refusal, an estimate has a duration without refusals, and one at ten a minute",
    has: ["proj_001"],
    behavior: { latency: 200 },
    options: { pacing: "adaptive" },
    call: { call: "estimate", after: repeat(10, list(), 2), list: 41 },
    ok: { basis: "assumed", refused: 0, duration: 246000, unrefused: 4000 },
    sent: times(10, "list 200"),
    took: 1000
  },
  {
    name: "during a pause, an estimate has no time without a refusal",
    has: ["proj_001"],
    behavior: { rate: { requests: 1, per: 3600000 } },
    options: { pacing: "adaptive" },
    call: { call: "estimate", after: repeat(2), list: 41 },
    ok: { basis: "assumed", refused: 1, duration: 247000 },
    sent: ["list 200", "list 429"]
  },
  {
    name: "an estimate uses a configured rate",
    has: ["proj_001"],
    options: { pacing: { requests: 10, per: 60000 } },
    call: { call: "estimate", after: repeat(10, list(), 10), list: 20 },
    ok: { basis: "configured", refused: 0, duration: 120000 },
    sent: times(10, "list 200")
  },
  {
    name: "a permit may be a month away",
    has: ["proj_001"],
    options: { pacing: { requests: 1, per: 2_592_000_000 } },
    call: sequence(list(), list()),
    ok: [0, 2_592_000_000],
    sent: ["list 200", "list 200"],
    took: 2_592_000_000
  },
  {
    name: "waits for a steady rate count towards neither the timeout nor the cap",
    answers: [always(faults.error(500))],
    options: { pacing: { requests: 1, per: 60_000 }, timeout: 5000, retry: { times: 4, every: 1000, cap: 4000 } },
    call: list(),
    fail: { kind: "ServerError", attempts: 5, waited: 240_000 },
    sent: times(5, "list 500"),
    took: 240_000
  },
  {
    name: "an error counts the time from the first attempt, not from the wait for its permit",
    behavior: { latency: 3_600_000 },
    options: { pacing: { requests: 1, per: 60_000 }, timeout: 5000 },
    call: sequence(timeout(0, list()), list()),
    fail: { kind: "RequestTimeoutError", attempts: 1, waited: 5000 },
    sent: ["list abandoned", "list abandoned"],
    took: 65_000
  },
  {
    name: "with no retries, a call fails immediately during a pause, without a request",
    has: ["proj_001"],
    answers: [faults.rateLimited({ "retry-after": "90" })],
    options: { pacing: "adaptive" },
    call: repeat(2, stream()),
    ok: ["RateLimitError", "RateLimitError"],
    sent: ["list?limit=100 429"]
  },
  {
    name: "a wait in the limiter of a user ends when it is interrupted, and nothing is sent",
    options: { pacing: { sleeps: 60_000 } },
    call: interrupt(500, list()),
    ok: "interrupted",
    sent: [],
    took: 500,
    atEveryStep: true
  },
  {
    name: "a wait in the limiter of a user ends when it is interrupted in finishInFlight, and nothing is sent",
    options: { pacing: { sleeps: 60_000 } },
    call: interrupt(500, finish(list())),
    ok: "interrupted",
    sent: [],
    outcomes: [],
    took: 500,
    atEveryStep: true
  },
  {
    name: "a wait in the limiter of a user is not interrupted in an uninterruptible region",
    has: ["proj_001"],
    options: { pacing: { sleeps: 60_000 } },
    call: interrupt(500, uninterruptible(list())),
    ok: "interrupted",
    sent: ["list 200"],
    took: 60_000
  },
  {
    name: "a call whose limiter is paused for too long fails immediately, without a request",
    options: { pacing: { sleeps: 0, pausedFor: 1000 }, retry: "standard" },
    call: list(),
    fail: { kind: "RateLimitError", attempts: 0, retryAfter: 1000 },
    sent: []
  },
  {
    name: "a reply counts even if the limiter of a user fails after it",
    options: { pacing: { sleeps: 0, pausedFor: 3_600_000, runsFor: 5000 }, retry: "standard" },
    behavior: { latency: 1000 },
    call: list(),
    ok: listed(),
    sent: ["list 200"],
    took: 1000,
    atEveryStep: true
  },
  {
    name: "a create may have been executed if the limiter of a user cuts it",
    options: { pacing: { sleeps: 0, pausedFor: 3_600_000, runsFor: 500 }, retry: "standard" },
    behavior: { latency: 1000 },
    call: creating("proj_001"),
    fail: { kind: "RateLimitError", attempts: 1, retryAfter: 3_600_000, mayHaveExecuted: true },
    sent: ["create proj_001 abandoned"],
    took: 500
  },
  {
    name: "the limiter of a user does not cut a create in finishInFlight, whose reply counts",
    options: { pacing: { sleeps: 0, pausedFor: 3_600_000, runsFor: 500 }, retry: "standard" },
    behavior: { latency: 1000 },
    call: finish(creating("proj_001")),
    ok: created(1, "proj_001"),
    outcomes: ["create done"],
    took: 1000
  },
  {
    name: "a limiter of a user gives a permit for each request, and can read the outcome of its reply",
    answers: [
      faults.rateLimited({
        "retry-after": "3",
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "18s"
      }),
      faults.error(503),
      faults.dropBefore("ECONNRESET"),
      faults.latency({ before: 3_600_000 }),
      faults.truncatedBody(),
      faults.quotaExhausted
    ],
    options: {
      pacing: { sleeps: 0, isRecorded: true },
      retry: { times: 9, every: 1000, cap: 300_000 },
      timeout: 5000
    },
    call: list(),
    fail: { kind: "QuotaExhaustedError", attempts: 6 },
    outcomes: [
      ...["permit 300000 false", "limited 3000 10 0 18000", "permit 297000 false", "accepted"],
      ...["permit 296000 false", "no reply", "permit 295000 false", "no reply"],
      ...["permit 289000 false", "accepted", "permit 288000 false", "accepted"]
    ],
    took: 12_000
  },
  {
    name: "a limiter of a user receives maxPause, maxWait and urgent of the call",
    options: { pacing: { sleeps: 0, isRecorded: true } },
    call: withOptions({ deadline: 60_000, urgent: true }),
    ok: listed(),
    outcomes: ["permit 0 true within 60000", "accepted"]
  },
  {
    name: "a limiter without an estimate is taken for one of ten a minute",
    has: ["proj_001"],
    options: { pacing: { sleeps: 0 } },
    call: { call: "estimate", after: list(), list: 20 },
    ok: { basis: "assumed", duration: 60_000, unrefused: 0, refused: 0 }
  }
]
