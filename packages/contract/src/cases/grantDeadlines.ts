/** Grants that a deadline ends. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { delayed, grant, thrice, timeout, times, together, withOptions } from "../builders.ts"
import type { Case } from "../case.ts"
import { read, readOf, report } from "./mishaps.ts"

const abandoned = (project: string): string => readOf(project).replace("200", "abandoned")

export const grantDeadlines: ReadonlyArray<Case> = [
  {
    name: "a deadline ends the wait for a listing that lags: the project is not listed yet",
    behavior: { listingLag: 60_000 },
    call: withOptions({ deadline: 10_000 }, grant("proj_a")),
    ok: { ...report, notListedYet: ["proj_a"] },
    sent: [readOf("proj_a"), "create proj_a 200", ...times(4, readOf("proj_a"))],
    leaves: ["proj_a"],
    took: 7000
  },
  {
    name: "a deadline ends the wait after a create that was sent twice: the project may have a second permission",
    answers: [{ fault: faults.dropAfter(), operation: "create" }],
    behavior: { listingLag: 60_000, regrant: "second" },
    call: withOptions({ deadline: 6000 }, grant("proj_a")),
    ok: { ...report, notListedYet: ["proj_a"], mayBeDuplicated: ["proj_a"] },
    leaves: ["proj_a", "proj_a"],
    took: [3000, 5000]
  },
  {
    name: "a create is not sent again after its deadline, and its own error says that it may have been executed",
    answers: [{ fault: faults.dropBefore("ECONNRESET"), operation: "create" }],
    call: withOptions({ deadline: 500 }, grant("proj_a")),
    fail: { kind: "ConnectionError", operation: "create", mayHaveExecuted: true },
    sent: [readOf("proj_a"), "create proj_a dropped", readOf("proj_a")],
    leaves: []
  },
  {
    name: "a grant ends at its deadline",
    behavior: { latency: 1000 },
    call: withOptions({ deadline: 1500 }, grant("proj_a")),
    fail: {
      kind: "RequestTimeoutError",
      operation: "create",
      timeout: 500,
      mayHaveExecuted: true,
      endedByDeadline: true
    },
    sent: [readOf("proj_a"), "create proj_a abandoned"],
    took: 1500
  },
  {
    name: "a grant that waits for another one at its checkpoint ends at its deadline, and is not sent",
    behavior: { latency: 1000 },
    call: together(grant("proj_a"), timeout(60_000, delayed(500, withOptions({ deadline: 1000 }, grant("proj_b"))))),
    fail: { kind: "RequestTimeoutError", operation: "list", attempts: 0, endedByDeadline: true },
    took: 2000
  },
  {
    name: "a deadline cuts the first listing after an answered create: the grant succeeds, and is not listed yet",
    behavior: { latency: 1000 },
    call: withOptions({ deadline: 2500 }, grant("proj_a")),
    ok: { ...report, notListedYet: ["proj_a"] },
    sent: [readOf("proj_a"), "create proj_a 200", abandoned("proj_a")],
    leaves: ["proj_a"],
    took: 2500
  },
  {
    name: "the rate limit refuses the listing after an answered create: the grant succeeds, and is not listed yet",
    has: ["proj_had"],
    answers: [{ fault: faults.rateLimited(), operation: "list", nth: 2, times: 99 }],
    options: thrice,
    call: grant("proj_had", "proj_a"),
    ok: { ...report, alreadyGranted: ["proj_had"], notListedYet: ["proj_a"] },
    sent: [read, "create proj_a 200", ...times(4, read.replace("200", "429"))],
    leaves: ["proj_had", "proj_a"],
    took: 3000
  },
  {
    name: "the rate limit refuses the listing after a create that a listing has shown: the grant succeeds",
    answers: [
      { fault: faults.dropAfter(), operation: "create" },
      { fault: faults.rateLimited(), operation: "list", nth: 3, times: 99 }
    ],
    call: grant("proj_a"),
    ok: { ...report, granted: ["proj_a"] },
    leaves: ["proj_a"]
  },
  ...(
    [
      [faults.error(502), "ServerError"],
      [faults.error(401), "AuthenticationError"],
      [faults.quotaExhausted, "QuotaExhaustedError"],
      [faults.latency({ before: 40_000 }), "RequestTimeoutError"]
    ] as const
  ).map(
    ([fault, kind]): Case => ({
      name: `a grant whose listing after an answered create fails otherwise fails: ${kind}`,
      answers: [{ fault, operation: "list", nth: 2 }],
      call: grant("proj_a"),
      fail: { kind, operation: "list", mayHaveExecuted: true },
      leaves: ["proj_a"],
      took: [0, 30_000]
    })
  ),
  {
    name: "a grant that cannot read because of the rate limit after a lost reply fails",
    answers: [
      { fault: faults.dropAfter(), operation: "create" },
      { fault: faults.rateLimited(), operation: "list", nth: 2, times: 99 }
    ],
    call: grant("proj_a"),
    fail: { kind: "RateLimitError", operation: "list", mayHaveExecuted: true },
    leaves: ["proj_a"]
  },
  {
    name: "a deadline cuts the second listing after an answered create: the project is not listed yet",
    behavior: { latency: 1000, listingLag: 60_000 },
    call: withOptions({ deadline: 4500 }, grant("proj_a")),
    ok: { ...report, notListedYet: ["proj_a"] },
    sent: [readOf("proj_a"), "create proj_a 200", readOf("proj_a"), abandoned("proj_a")],
    leaves: ["proj_a"],
    took: 4500
  },
  {
    name: "a deadline cuts the listing after a create that was sent twice: the project may have a second permission",
    answers: [{ fault: faults.dropAfter(), operation: "create" }],
    behavior: { latency: 1000, listingLag: 60_000, regrant: "second" },
    call: withOptions({ deadline: 5500 }, grant("proj_a")),
    ok: { ...report, notListedYet: ["proj_a"], mayBeDuplicated: ["proj_a"] },
    sent: [readOf("proj_a"), "create proj_a dropped", readOf("proj_a"), "create proj_a 200", abandoned("proj_a")],
    leaves: ["proj_a", "proj_a"],
    took: [5500, 5501]
  },
  {
    name: "a deadline cuts the wait for a second permission after two lost replies: the project may have one",
    answers: [{ fault: faults.dropAfter(), operation: "create", times: 2 }],
    behavior: { latency: 2000, listingLag: 5000, regrant: "second" },
    call: withOptions({ deadline: 12_000 }, grant("proj_a")),
    ok: { ...report, granted: ["proj_a"], mayBeDuplicated: ["proj_a"] },
    sent: [readOf("proj_a"), ...times(2, ["create proj_a dropped", readOf("proj_a")]).flat(), abandoned("proj_a")],
    leaves: ["proj_a", "proj_a"],
    took: [12_000, 12_001]
  }
]
