/** Observers: their order, the number of their runs, and the calls that they delay. */
import * as faults from "@checkpoint-permissions/fake/faults"
import {
  delayed,
  listed,
  list as listing,
  newest,
  projects,
  sequence,
  stream,
  thrice,
  times,
  together,
  withOptions
} from "../builders.ts"
import type { Call, Case, Observer } from "../case.ts"

const list = listing()
const has = ["proj_001"]
const onReply = (onReply: Observer, of: Call = list): Call => withOptions({ onReply }, of)
const onWait = (onWait: Observer, of: Call = list): Call => withOptions({ onWait }, of)
const named = (name: string): Observer => ({ name, takes: 0 })
const observed = (of: Call): Call => onReply(named("outer"), onReply(named("inner"), of))

const stalled = faults.endless({ chunk: 0 })
const rateLimited = faults.rateLimited({ "retry-after": "20" })

export const waiting: ReadonlyArray<Case> = [
  {
    name: "observers run once for each reply, of repeated requests and of all pages too, the inner one first",
    has: projects(2),
    answers: [faults.error(500), faults.dropAfter()],
    options: thrice,
    call: observed(stream({ limit: 1 })),
    ok: newest(2),
    outcomes: [
      ...["inner list 500", "outer list 500"],
      ...["inner list 200", "outer list 200"],
      ...["inner list 200", "outer list 200"]
    ],
    took: 2000
  },
  {
    name: "an observer of waits receives each delay before a retry",
    has,
    answers: [rateLimited, faults.error(500)],
    options: thrice,
    call: onWait(named("waits")),
    ok: listed("proj_001"),
    outcomes: ["waits list 20000", "waits list 1000"],
    took: 21_000
  },
  {
    name: "an observer of replies receives one without a body after the timeout of the attempt",
    answers: [stalled],
    options: { timeout: 5000 },
    call: together(observed(list), delayed(4999, onReply(named("before")))),
    fail: { kind: "RequestTimeoutError", mayHaveExecuted: false },
    outcomes: ["before list 200", "inner list 200", "outer list 200"],
    took: 5000
  },
  {
    name: "an observer of replies receives one without a body if the attempt is interrupted",
    answers: [stalled],
    call: { call: "interrupt", after: 500, of: observed(list) },
    ok: "interrupted",
    outcomes: ["inner list 200", "outer list 200"],
    took: 500,
    atEveryStep: true
  },
  {
    name: "an observer of replies receives nothing if none arrives",
    answers: [faults.dropAfter()],
    call: observed(list),
    fail: { kind: "ConnectionError", mayHaveExecuted: false },
    outcomes: []
  },
  {
    name: "no call waits for an observer of its wait for a permit, and the observer ends with its call",
    has,
    options: { pacing: { requests: 1, per: 1000 } },
    call: sequence(
      together(list, onWait({ name: "slow", takes: 5600 }), onWait({ name: "short", takes: 500 }), list),
      delayed(6000, list)
    ),
    ok: [3000, 9000],
    outcomes: ["slow list 3000", "short list 2000", "short ended"],
    sent: times(5, "list 200"),
    warnings: [],
    took: 9000
  },
  ...[false, true].map(
    (uninterruptible): Case => ({
      name: `no call waits for an observer of its retry${uninterruptible ? " that cannot be interrupted" : ""}`,
      has,
      answers: [faults.error(503)],
      options: thrice,
      call: onWait({ name: "slow", takes: 60_000, uninterruptible }),
      ok: listed("proj_001"),
      outcomes: ["slow list 1000"],
      took: 1000,
      atEveryStep: true
    })
  ),
  {
    name: "no call waits past its deadline for an observer that cannot be interrupted",
    options: { pacing: { requests: 1, per: 1000 } },
    call: together(list, withOptions({ deadline: 2000 }, onWait({ takes: 60_000, uninterruptible: true }))),
    ok: [0, 1000],
    took: 1000
  },
  {
    name: "a deadline does not count an observer of a wait for a permit",
    has,
    options: { pacing: { requests: 1, per: 1000 } },
    call: together(list, withOptions({ deadline: 2000 }, onWait({ takes: 5600 }))),
    ok: [0, 1000],
    sent: times(2, "list 200"),
    took: 1000
  },
  {
    name: "a long wait is logged, once, however many calls wait",
    has,
    answers: times(4, rateLimited),
    options: { retry: { times: 3, every: 1000, cap: 600_000 } },
    call: together(list, list),
    ok: [40_000, 40_000],
    sent: [...times(4, "list 429"), ...times(2, "list 200")],
    warnings: ["list is retried at "],
    took: 40_000
  },
  {
    name: "a wait of more than three seconds without a connection is logged",
    answers: times(4, faults.dropBefore()),
    has,
    options: { retry: { times: 4, every: 3001, cap: 600_000 } },
    call: list,
    ok: listed("proj_001"),
    warnings: ["no connection yet: list is retried at "],
    took: 12_004
  },
  {
    name: "an observer of waits runs in addition to the log",
    has,
    answers: [rateLimited],
    options: { retry: { times: 3, every: 1000, cap: 600_000 } },
    call: onWait(named("waits")),
    ok: listed("proj_001"),
    outcomes: ["waits list 20000"],
    sent: ["list 429", "list 200"],
    warnings: ["list is retried at "],
    took: 20_000
  },
  {
    name: "an observer of waits runs alone if the log is off",
    has,
    answers: [rateLimited],
    options: { logWaits: false, retry: { times: 3, every: 1000, cap: 600_000 } },
    call: onWait(named("waits")),
    ok: listed("proj_001"),
    outcomes: ["waits list 20000"],
    sent: ["list 429", "list 200"],
    warnings: [],
    took: 20_000
  },
  {
    name: "an observer of waits that does not end is interrupted, and the next call gets the permit",
    has,
    options: { pacing: { requests: 1, per: 1000 } },
    call: together(list, { call: "interrupt", after: 500, of: onWait({ takes: "never" }) }, delayed(100, list)),
    ok: [0, 500, 1000],
    sent: times(2, "list 200"),
    took: 1000,
    atEveryStep: true
  },
  {
    name: "the time of an observer of replies does not count towards the timeout of the attempt",
    has,
    options: { timeout: 5000 },
    call: together(onReply({ takes: 60_000 })),
    ok: [60_000],
    sent: ["list 200"],
    took: 60_000
  },
  {
    name: "an observer of replies that does not end is interrupted, and does not run again",
    has,
    call: { call: "interrupt", after: 500, of: onReply({ name: "seen", takes: "never" }) },
    ok: "interrupted",
    outcomes: ["seen list 200"],
    sent: ["list 200"],
    took: 500,
    atEveryStep: true
  },
  {
    name: "an observer of replies that does not end is interrupted in finishInFlight, and the outcome is reported",
    has,
    call: {
      call: "interrupt",
      after: 500,
      of: { call: "finishInFlight", of: onReply({ takes: "never" }) }
    },
    ok: "interrupted",
    sent: ["list 200"],
    outcomes: ["list done"],
    took: 500,
    atEveryStep: true
  }
]
