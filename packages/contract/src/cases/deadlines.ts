/** The deadline of everything inside. */
import * as faults from "@checkpoint-permissions/fake/faults"
import {
  always,
  checkpoint,
  create as creating,
  remove as deleting,
  finish,
  id,
  interrupt,
  list as listing,
  newest,
  projects,
  sequence,
  stream,
  thrice,
  uninterruptible,
  withOptions
} from "../builders.ts"
import type { Call, Case } from "../case.ts"
import { inPause, limited, refused } from "./pauses.ts"

const list = listing()
const has = ["proj_001"]

const never = { times: 0, every: 1, cap: 0 }

const regions: ReadonlyArray<readonly [string, (of: Call) => Call]> = [
  ["a plain region", (of) => of],
  ["an uninterruptible region", uninterruptible],
  ["finishInFlight", finish]
]

const silent = { latency: 3_600_000 }
const rate = { requests: 1, per: 60_000 }

/** The failure of a call that is not sent, since its deadline has passed. */
const notSent = { kind: "RequestTimeoutError", attempts: 0, endedByDeadline: true, mayHaveExecuted: false }

export const deadlines: ReadonlyArray<Case> = [
  {
    ...inPause(
      "a list whose deadline is before the end of a pause fails immediately",
      withOptions({ deadline: 19_000 })
    ),
    ...refused
  },
  {
    ...inPause(
      "a stream whose deadline is before the end of a pause fails immediately",
      withOptions({ deadline: 19_000 }, stream())
    ),
    ...refused
  },
  {
    ...inPause("a call waits for a pause that ends before its deadline", withOptions({ deadline: 20_000 })),
    ok: [20_000, 20_000],
    sent: ["list 429", "list 200", "list 200"],
    took: 20_000
  },
  {
    ...inPause("a deadline does not extend the cap", withOptions({ deadline: 3_600_000, retry: never })),
    fail: { kind: "RateLimitError", attempts: 0, retryAfter: 19_999, endedByDeadline: undefined },
    sent: ["list 429"],
    took: 1
  },
  {
    name: "a call whose steady rate permits it only after its deadline fails immediately",
    has,
    options: { pacing: rate },
    call: sequence(list, withOptions({ deadline: 20_000 })),
    fail: { kind: "RateLimitError", attempts: 0, retryAfter: 60_000, endedByDeadline: true },
    sent: ["list 200"]
  },
  {
    name: "a call whose steady rate permits it only after its deadline fails immediately, in an uninterruptible region",
    has,
    options: { pacing: rate },
    call: uninterruptible(sequence(list, withOptions({ deadline: 20_000 }))),
    fail: { kind: "RateLimitError", attempts: 0, retryAfter: 60_000, endedByDeadline: true },
    sent: ["list 200"]
  },
  {
    name: "a delay after a 429 that would end after the deadline is not started",
    answers: [limited],
    options: { retry: "standard" },
    call: withOptions({ deadline: 5000 }),
    fail: { kind: "RateLimitError", status: 429, attempts: 1, retryAfter: 20_000, endedByDeadline: true }
  },
  {
    name: "a delay after another failure that would end after the deadline is not started",
    answers: [faults.error(503)],
    options: { retry: { times: 3, every: 7000, cap: 60_000 } },
    call: withOptions({ deadline: 7000 }),
    fail: { kind: "ServerError", attempts: 1, endedByDeadline: true }
  },
  {
    name: "a call whose policy has no further attempt is not ended by its deadline",
    answers: [faults.error(503)],
    call: withOptions({ deadline: 7000 }),
    fail: { kind: "ServerError", attempts: 1, endedByDeadline: undefined }
  },
  {
    name: "the deadline includes the delays of earlier attempts",
    answers: [always(limited)],
    options: { retry: "standard" },
    call: withOptions({ deadline: 50_000 }),
    fail: { kind: "RateLimitError", attempts: 3, endedByDeadline: true },
    took: 40_000
  },
  {
    name: "attempts are shortened to what is left until the deadline",
    behavior: silent,
    options: { timeout: 5000, ...thrice },
    call: withOptions({ deadline: 7000 }),
    fail: { kind: "RequestTimeoutError", attempts: 2, timeout: 1000, endedByDeadline: true },
    sent: ["list abandoned", "list abandoned"],
    took: 7000
  },
  {
    name: "an attempt whose body does not arrive before the deadline is ended by it",
    answers: [faults.endless({ chunk: 0 })],
    options: { timeout: 5000 },
    call: withOptions({ deadline: 3000 }),
    fail: { kind: "RequestTimeoutError", status: 200, attempts: 1, timeout: 3000, endedByDeadline: true },
    took: 3000
  },
  {
    name: "a call is not sent after its deadline",
    call: withOptions({ deadline: 0 }, creating("proj_001")),
    fail: notSent,
    sent: []
  },
  ...(
    [
      [5000, 60_000],
      [60_000, 5000]
    ] as const
  ).map(
    ([outer, inner]): Case => ({
      name: `of nested deadlines the earliest counts: ${outer} outside, ${inner} inside`,
      behavior: silent,
      call: withOptions({ deadline: outer }, withOptions({ deadline: inner })),
      fail: { kind: "RequestTimeoutError", attempts: 1, timeout: 5000 },
      took: 5000
    })
  ),
  {
    name: "the deadline of a stream is for all its pages",
    has: projects(30),
    behavior: { latency: 1000 },
    options: { prefetch: false },
    call: { ...stream({ limit: 10 }), deadline: 2500 },
    fail: { kind: "RequestTimeoutError", attempts: 1, timeout: 500, endedByDeadline: true, resumeAfter: id(11) },
    given: newest(30, 20),
    sent: ["list?limit=10 200", "list?after=cp_21&limit=10 200", "list?after=cp_11&limit=10 abandoned"],
    took: 2500
  },
  {
    name: "the deadline of a stream includes the time of its consumer",
    has: projects(6),
    options: { prefetch: false },
    call: withOptions({ deadline: 4000 }, { call: "stream", checkpoint, params: { limit: 2 }, each: 1000 }),
    fail: { ...notSent, resumeAfter: id(3) },
    given: newest(6, 4),
    sent: ["list?limit=2 200", "list?after=cp_5&limit=2 200"],
    took: 4000
  },
  ...[finish, (of: Call) => uninterruptible(finish(of))].map(
    (region, index): Case => ({
      name: `an attempt is cut at the deadline in finishInFlight${["", " in an uninterruptible region"][index]}`,
      behavior: silent,
      call: region(withOptions({ deadline: 2000 }, creating("proj_001"))),
      fail: { kind: "RequestTimeoutError", attempts: 1, timeout: 2000, mayHaveExecuted: true, endedByDeadline: true },
      sent: ["create proj_001 abandoned"],
      outcomes: ["create RequestTimeoutError"],
      took: 2000,
      atEveryStep: true
    })
  ),
  {
    name: "an interruption in finishInFlight takes effect at the deadline at the latest",
    behavior: silent,
    call: interrupt(500, finish(withOptions({ deadline: 2000 }, creating("proj_001")))),
    ok: "interrupted",
    sent: ["create proj_001 abandoned"],
    outcomes: ["create RequestTimeoutError"],
    took: 2000,
    atEveryStep: true
  },
  ...regions.map(
    ([where, region]): Case => ({
      name: `a wait in the limiter of a user ends at the deadline, and nothing is sent, in ${where}`,
      options: { pacing: { sleeps: 60_000 } },
      call: region(withOptions({ deadline: 5000 })),
      fail: notSent,
      sent: [],
      took: 5000,
      atEveryStep: true
    })
  ),
  {
    name: "a deadline does not interrupt a request that the limiter of a user has started, but cuts it as any attempt",
    behavior: silent,
    options: { pacing: { sleeps: 3000, isRecorded: true } },
    call: finish(withOptions({ deadline: 5000 }, deleting())),
    fail: { kind: "RequestTimeoutError", attempts: 1, timeout: 2000, mayHaveExecuted: true },
    sent: ["delete cp_1 abandoned"],
    outcomes: ["permit 0 false within 5000", "no reply", "delete RequestTimeoutError"],
    took: 5000,
    atEveryStep: true
  },
  {
    name: "a wait in the limiter of a user with a deadline ends when it is interrupted",
    options: { pacing: { sleeps: 60_000 } },
    call: interrupt(500, finish(withOptions({ deadline: 5000 }))),
    ok: "interrupted",
    sent: [],
    outcomes: [],
    took: 500,
    atEveryStep: true
  },
  {
    name: "a second attempt that the limiter of a user does not start in time fails with the error of the first",
    answers: [faults.error(503)],
    options: { pacing: { sleeps: 2000 }, ...thrice },
    call: withOptions({ deadline: 4000 }),
    fail: { kind: "ServerError", attempts: 1, endedByDeadline: true },
    sent: ["list 503"],
    took: 4000
  }
]
