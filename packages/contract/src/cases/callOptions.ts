/** Options for some calls: the value in effect. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { always, list as listing, sequence, stream, thrice, times, together, withOptions } from "../builders.ts"
import type { Case } from "../case.ts"
import { inPause, refused } from "./pauses.ts"

const list = listing()
const has = ["proj_001"]
const rate = { requests: 1, per: 60_000 }

export const callOptions: ReadonlyArray<Case> = [
  {
    name: "a plain schedule as the option of a service has a cap of ten minutes",
    answers: [always(faults.error(500))],
    options: { retry: { times: 9, every: 250_000 } },
    call: list,
    fail: { kind: "ServerError", attempts: 3 },
    took: 500_000
  },
  {
    name: "a plain schedule keeps the cap of the service",
    answers: [always(faults.error(500))],
    options: { retry: { times: 0, every: 1000, cap: 25_000 } },
    call: withOptions({ retry: { times: 9, every: 10_000 } }),
    fail: { kind: "ServerError", attempts: 3 },
    took: 20_000
  },
  {
    name: "a plain schedule keeps the cap of a policy around it",
    answers: [always(faults.error(500))],
    options: { retry: { times: 0, every: 1000, cap: 25_000 } },
    call: withOptions(
      { retry: { times: 0, every: 1000, cap: 15_000 } },
      withOptions({ retry: { times: 9, every: 10_000 } })
    ),
    fail: { kind: "ServerError", attempts: 2 },
    took: 10_000
  },
  {
    name: "a policy is for its own effect, and for all fibers of it",
    answers: [
      { fault: faults.error(503), times: 9 },
      { fault: faults.error(503), nth: 13, times: 9 }
    ],
    options: { retry: { times: 1, every: 1000, cap: 60_000 } },
    call: sequence(withOptions({ retry: { times: 6, every: 1000, cap: 60_000 } }, together(list, list, list)), list),
    fail: { kind: "ServerError", attempts: 2 },
    sent: [...times(9, "list 503"), ...times(3, "list 200"), ...times(2, "list 503")],
    took: 4000
  },
  {
    name: "a call that waits already fails when a pause begins that is too long for it",
    has,
    answers: [faults.rateLimited({ "retry-after": "61" })],
    options: { pacing: rate },
    call: together(withOptions({ retry: { times: 1, every: 1, cap: 600_000 } }), list),
    fail: { kind: "RateLimitError", attempts: 0, retryAfter: 61_000 },
    sent: ["list 429"]
  },
  {
    name: "the innermost policy counts",
    answers: [always(faults.error(503))],
    options: { retry: "standard" },
    call: withOptions(
      { retry: { times: 9, every: 1, cap: 60_000 } },
      withOptions({ retry: { times: 0, every: 1, cap: 0 } })
    ),
    fail: { kind: "ServerError", attempts: 1 }
  },
  {
    name: "a timeout of a call counts in place of that of the service",
    has,
    behavior: { latency: 3000 },
    options: { timeout: 1000 },
    call: together(withOptions({ timeout: 5000 })),
    ok: [3000],
    took: 3000
  },
  ...(
    [
      ["the innermost timeout counts", { timeout: 9000 }, { timeout: 5000 }, { timeout: 5000 }],
      ["an absent timeout is inherited", { timeout: 5000 }, { urgent: true }, { timeout: 5000 }],
      ["a deadline shortens a timeout", { deadline: 4000 }, { timeout: 5000 }, { timeout: 4000, endedByDeadline: true }]
    ] as const
  ).map(
    ([name, outer, inner, fail]): Case => ({
      name,
      behavior: { latency: 3_600_000 },
      options: { timeout: 1000 },
      call: withOptions(outer, withOptions(inner)),
      fail: { kind: "RequestTimeoutError", attempts: 1, ...fail },
      sent: ["list abandoned"],
      took: fail.timeout
    })
  ),
  {
    name: "an attempt that hangs is repeated within a deadline if its timeout is shorter",
    has,
    answers: [faults.latency({ before: 3_600_000 })],
    options: thrice,
    call: together(withOptions({ timeout: 2000, deadline: 5000 })),
    ok: [3000],
    sent: ["list abandoned", "list 200"],
    took: 3000
  },
  ...[0, -1, Number.POSITIVE_INFINITY].map(
    (timeout): Case => ({
      name: `a timeout of ${timeout} for a call is refused before any request`,
      call: withOptions({ timeout }),
      fail: { kind: "InvalidInputError", field: "timeout", reason: "not a positive duration" },
      sent: []
    })
  ),
  {
    ...inPause(
      "an urgent call does not wait for a pause, and an absent option is inherited",
      withOptions({ urgent: true, deadline: 19_000 }, withOptions({ onReply: { takes: 0 } }))
    ),
    ok: [20_000, 1],
    sent: ["list 429", "list 200", "list 200"],
    took: 20_000
  },
  {
    ...inPause("an urgent stream does not wait for a pause", withOptions({ urgent: true }, stream())),
    ok: [20_000, 1],
    sent: ["list 429", "list?limit=100 200", "list 200"],
    took: 20_000
  },
  {
    ...inPause(
      "a call with urgent: false inside an urgent one waits",
      withOptions({ urgent: true, deadline: 19_000 }, withOptions({ urgent: false }))
    ),
    ...refused
  },
  {
    name: "urgent calls go past the queue of a steady rate",
    has,
    options: { pacing: rate },
    call: together(...times(3, withOptions({ urgent: true }))),
    ok: [0, 0, 0],
    sent: times(3, "list 200")
  }
]
