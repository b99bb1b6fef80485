/** What is finished, and what is cut short, when a call is interrupted. */
import type { Call, Case } from "../model.ts"
import { checkpoint } from "./names.ts"

const list: Call = { call: "list", checkpoint }
const create: Call = { call: "create", checkpoint, projects: ["proj_001"] }
const remove: Call = { call: "delete", checkpoint, permission: "cp_000000000000000000000001" }
const seed = { [checkpoint]: ["proj_001"] }

const finish = (of: Call): Call => ({ call: "finishInFlight", of })
const uninterruptible = (of: Call): Call => ({ call: "uninterruptible", of })
const interrupt = (after: number, of: Call): Call => ({ call: "interrupt", after, of })
const timeout = (after: number, of: Call): Call => ({ call: "timeout", after, of })
const sequence = (...of: ReadonlyArray<Call>): Call => ({ call: "sequence", of })

const granted: Call = { call: "acquireUseRelease", acquire: create, release: remove }
const paced = { pacing: { requests: 1, per: 3000 } }

const finalizers = [
  ["alone", granted, []],
  ["inside finishInFlight", finish(granted), ["create done", "delete done"]],
  ["inside finishInFlight twice", finish(finish(granted)), ["create done", "create done", "delete done", "delete done"]]
] as const

/** How long an attempt takes that never gets a reply, in each region. */
const timed: ReadonlyArray<readonly [string, Call]> = [
  ["a plain region", list],
  ["an uninterruptible region", uninterruptible(list)],
  ["finishInFlight", finish(list)],
  ["finishInFlight in an uninterruptible region", uninterruptible(finish(list))],
  ["an uninterruptible region in finishInFlight", finish(uninterruptible(list))]
]

export const regions: ReadonlyArray<Case> = [
  ...finalizers.map(
    ([where, call, outcomes]): Case => ({
      name: `a create that is interrupted in flight is deleted by its release, ${where}`,
      server: { behavior: { latency: 1000 } },
      call: interrupt(500, call),
      expected: {
        outcome: { ok: "interrupted" },
        requests: ['POST create {"project_ids":["proj_001"]} 200', "DELETE delete/cp_000000000000000000000001 200"],
        access: { [checkpoint]: [] },
        outcomes,
        took: [2000, 2000]
      },
      atEveryStep: true
    })
  ),
  {
    name: "a timeout inside finishInFlight ends the wait for a turn, each time",
    server: { seed },
    options: paced,
    call: finish(sequence(list, timeout(100, list), timeout(100, list), timeout(100, list))),
    expected: {
      outcome: { ok: [0, 100, 200, 300] },
      requests: ["GET list 200"],
      outcomes: ["list done"],
      took: [300, 300]
    },
    atEveryStep: true
  },
  {
    name: "a timeout inside finishInFlight lets an attempt under way finish, and the next call is sent",
    server: { seed, behavior: { latency: 1000 } },
    call: finish(sequence(timeout(100, list), timeout(5000, list))),
    expected: {
      outcome: { ok: [1000, 2000] },
      requests: ["GET list 200", "GET list 200"],
      outcomes: ["list done", "list done"],
      took: [2000, 2000]
    },
    atEveryStep: true
  },
  {
    name: "an interruption ends the wait for a turn at once",
    server: { seed },
    options: paced,
    call: interrupt(500, finish(sequence(list, list, remove))),
    expected: { outcome: { ok: "interrupted" }, requests: ["GET list 200"], outcomes: ["list done"], took: [500, 500] },
    atEveryStep: true
  },
  {
    name: "an interruption ends the delay before a retry at once, and the last error is told",
    server: {
      seed,
      behavior: { latency: 100 },
      faults: { _tag: "Scripted", entries: [{ fault: { _tag: "DropAfter", code: "ECONNRESET" } }] }
    },
    options: { retry: { times: 3, every: 60_000, cap: 600_000 } },
    call: interrupt(500, finish(remove)),
    expected: {
      outcome: { ok: "interrupted" },
      requests: ["DELETE delete/cp_000000000000000000000001 dropped"],
      outcomes: ["delete ConnectionError"],
      took: [500, 500]
    },
    atEveryStep: true
  },
  {
    name: "in an uninterruptible region nothing is cut short",
    server: { seed, behavior: { latency: 1000 } },
    options: paced,
    call: interrupt(1500, uninterruptible(finish(sequence(list, list, remove)))),
    expected: {
      outcome: { ok: "interrupted" },
      requests: ["GET list 200", "GET list 200", "DELETE delete/cp_000000000000000000000001 200"],
      outcomes: ["list done", "list done", "delete done"],
      took: [5000, 6000]
    },
    atEveryStep: true
  },
  {
    name: "an uninterruptible region in finishInFlight is not cut short, and what follows it is not sent",
    server: { seed },
    options: paced,
    call: interrupt(500, finish(sequence(uninterruptible(sequence(list, list)), remove))),
    expected: {
      outcome: { ok: "interrupted" },
      requests: ["GET list 200", "GET list 200"],
      outcomes: ["list done", "list done"],
      took: [3000, 3000]
    },
    atEveryStep: true
  },
  {
    name: "a stream is cut short between its requests",
    server: { seed: { [checkpoint]: Array.from({ length: 9 }, (_, n) => `proj_00${n}`) }, behavior: { latency: 1000 } },
    call: interrupt(1500, finish({ call: "stream", checkpoint, params: { limit: 3 } })),
    options: { prefetch: false },
    expected: {
      outcome: { ok: "interrupted" },
      requests: ["GET list?limit=3 200", "GET list?after=cp_000000000000000000000007&limit=3 200"],
      outcomes: ["list done", "list done"],
      took: [2000, 2000]
    }
  },
  ...timed.map(
    ([where, call]): Case => ({
      name: `an attempt times out in ${where}`,
      server: { behavior: { latency: 3_600_000 } },
      options: { timeout: 2000 },
      call,
      expected: {
        outcome: { fail: { kind: "RequestTimeoutError", mayHaveExecuted: false } },
        requests: ["GET list abandoned"],
        took: [2000, 2000]
      }
    })
  )
]
