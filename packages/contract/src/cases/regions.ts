/** The effects that run to completion, and those that stop, when a call is interrupted. */
import * as faults from "@checkpoint-permissions/fake/faults"
import {
  create as creating,
  remove as deleting,
  finish,
  grant,
  interrupt,
  list as listing,
  newest,
  projects,
  sequence,
  stream,
  timeout,
  uninterruptible,
  withOptions
} from "../builders.ts"
import type { Call, Case } from "../case.ts"

const list = listing()
const create = creating("proj_001")
const remove = deleting()
const has = ["proj_001"]

const granted: Call = { call: "acquireUseRelease", acquire: create, release: remove }
const paced = { pacing: { requests: 1, per: 3000 } }

const finalizers = [
  ["alone", granted, []],
  ["inside finishInFlight", finish(granted), ["create done", "delete done"]],
  ["inside finishInFlight twice", finish(finish(granted)), ["create done", "create done", "delete done", "delete done"]]
] as const

/** A call in each region of interruptibility. The cases let its attempt time out. */
const timed: ReadonlyArray<readonly [string, Call]> = [
  ["a plain region", list],
  ["an uninterruptible region", uninterruptible(list)],
  ["finishInFlight", finish(list)],
  ["finishInFlight in an uninterruptible region", uninterruptible(finish(list))],
  ["an uninterruptible region in finishInFlight", finish(uninterruptible(list))]
]

/** A stream that is left in the middle of the second page, when the third has been requested. */
const left = stream({ limit: 10 }, 15)
const cut: Call = { ...left, deadline: 60_000 }
const leaving = [
  ["within a timeout", timeout(60_000, left)],
  ["in an uninterruptible region", uninterruptible(left)],
  ["with a deadline", cut],
  ["with a deadline around it", withOptions({ deadline: 60_000 }, left)],
  ["with a deadline within a timeout", timeout(60_000, cut)],
  ["with a deadline in an uninterruptible region", uninterruptible(cut)]
] as const

export const regions: ReadonlyArray<Case> = [
  ...finalizers.map(
    ([where, call, outcomes]): Case => ({
      name: `a create that is interrupted in flight is deleted by its release, ${where}`,
      behavior: { latency: 1000 },
      call: interrupt(500, call),
      ok: "interrupted",
      sent: ["create proj_001 200", "delete cp_1 200"],
      leaves: [],
      outcomes,
      took: 2000,
      atEveryStep: true
    })
  ),
  {
    name: "a timeout inside finishInFlight ends the wait for a permit, each time",
    has,
    options: paced,
    call: finish(sequence(list, timeout(100, list), timeout(100, list), timeout(100, list))),
    ok: [0, 100, 200, 300],
    sent: ["list 200"],
    outcomes: ["list done"],
    took: 300,
    atEveryStep: true
  },
  {
    name: "a timeout inside finishInFlight lets an attempt under way finish, and the next call is sent",
    has,
    behavior: { latency: 1000 },
    call: finish(sequence(timeout(100, list), timeout(5000, list))),
    ok: [1000, 2000],
    sent: ["list 200", "list 200"],
    outcomes: ["list done", "list done"],
    took: 2000,
    atEveryStep: true
  },
  ...[finish, (of: Call) => finish(finish(of))].map(
    (finished, index): Case => ({
      name: `an interruption ends the wait for a permit immediately, in finishInFlight ${["", "twice"][index]}`.trim(),
      has,
      options: paced,
      call: interrupt(500, finished(sequence(list, list, remove))),
      ok: "interrupted",
      sent: ["list 200"],
      outcomes: index === 0 ? ["list done"] : ["list done", "list done"],
      took: 500,
      atEveryStep: true
    })
  ),
  {
    name: "an interruption ends the delay before a retry immediately, and the last error is reported",
    has,
    answers: [faults.dropAfter()],
    behavior: { latency: 100 },
    options: { retry: { times: 3, every: 60_000, cap: 600_000 } },
    call: interrupt(500, finish(remove)),
    ok: "interrupted",
    sent: ["delete cp_1 dropped"],
    outcomes: ["delete ConnectionError"],
    took: 500,
    atEveryStep: true
  },
  {
    name: "in an uninterruptible region everything runs to its end",
    has,
    behavior: { latency: 1000 },
    options: paced,
    call: interrupt(1500, uninterruptible(finish(sequence(list, list, remove)))),
    ok: "interrupted",
    sent: ["list 200", "list 200", "delete cp_1 200"],
    outcomes: ["list done", "list done", "delete done"],
    took: [5000, 6000],
    atEveryStep: true
  },
  {
    name: "an uninterruptible region in finishInFlight runs to its end, and no later request is sent",
    has,
    options: paced,
    call: interrupt(500, finish(sequence(uninterruptible(sequence(list, list)), remove))),
    ok: "interrupted",
    sent: ["list 200", "list 200"],
    outcomes: ["list done", "list done"],
    took: 3000,
    atEveryStep: true
  },
  {
    name: "a stream is cut short between its requests",
    has: projects(9),
    behavior: { latency: 1000 },
    call: interrupt(1500, finish(stream({ limit: 3 }))),
    options: { prefetch: false },
    ok: "interrupted",
    sent: ["list?limit=3 200", "list?after=cp_7&limit=3 200"],
    outcomes: ["list done", "list done"],
    took: 2000
  },
  {
    name: "an interruption lets a create of a grant finish, and nothing is sent after it",
    has,
    behavior: { latency: 1000 },
    call: interrupt(1500, grant("proj_002")),
    ok: "interrupted",
    sent: ["list?project_id=proj_002&order=descending&limit=100 200", "create proj_002 200"],
    leaves: ["proj_001", "proj_002"],
    took: 2000,
    atEveryStep: true
  },
  {
    name: "an interruption aborts the request in flight",
    behavior: { latency: 1000 },
    call: interrupt(500, list),
    ok: "interrupted",
    sent: ["list abandoned"],
    took: 500,
    atEveryStep: true
  },
  ...leaving.flatMap(([where, call]): ReadonlyArray<Case> => {
    const taken = { has: projects(30), behavior: { latency: 1000 }, ok: newest(30, 15), took: 2000, atEveryStep: true }
    const sent = ["list?limit=10 200", "list?after=cp_21&limit=10 200"]
    return [
      {
        ...taken,
        name: `a stream that is left aborts the page ahead, ${where}`,
        call,
        sent: [...sent, "list?after=cp_11&limit=10 abandoned"]
      },
      {
        ...taken,
        name: `a stream that is left ends the wait for a permit of the page ahead, ${where}`,
        options: { pacing: { requests: 2, per: 20_000 } },
        call,
        sent
      }
    ]
  }),
  ...timed.map(
    ([where, call]): Case => ({
      name: `an attempt times out in ${where}`,
      behavior: { latency: 3_600_000 },
      options: { timeout: 2000 },
      call,
      fail: { kind: "RequestTimeoutError", mayHaveExecuted: false },
      sent: ["list abandoned"],
      took: 2000
    })
  )
]
