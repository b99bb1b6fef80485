/** Gates and observers: whom they hold up. */
import type { Call, Case } from "../model.ts"
import { checkpoint, times } from "./names.ts"

const list: Call = { call: "list", checkpoint }
const seed = { [checkpoint]: ["proj_001"] }
const together = (...of: ReadonlyArray<Call>): Call => ({ call: "together", of })
const delayed = (by: number, of: Call): Call => ({ call: "delayed", by, of })
const gated = (takes: number, of: Call = list): Call => ({ call: "beforeRequests", takes, of })

const rateLimited = {
  _tag: "Reply",
  status: 429,
  headers: { "content-type": "application/json", "retry-after": "20" },
  body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
  worked: false
} as const

export const waiting: ReadonlyArray<Case> = [
  {
    name: "eight calls whose gates wait hold up nobody else",
    server: { seed },
    options: { pacing: "adaptive" },
    call: together(...times(8, gated(60_000)), list),
    expected: { outcome: { ok: [...times(8, 60_000), 0] }, requests: times(9, "GET list 200"), took: [60_000, 60_000] }
  },
  {
    name: "a slow gate of the call that was first in a hold delays no other",
    server: { seed, faults: { _tag: "Scripted", entries: [{ fault: rateLimited }] } },
    options: { pacing: "adaptive", retry: { times: 3, every: 1000, cap: 600_000 } },
    call: together(list, delayed(100, gated(26_000)), delayed(200, list)),
    expected: {
      outcome: { ok: [20_000, 26_100, 20_000] },
      requests: ["GET list 429", ...times(3, "GET list 200")],
      took: [26_100, 26_100]
    }
  },
  {
    name: "a gate is interrupted in finishInFlight, and nothing is sent",
    server: { seed },
    call: { call: "interrupt", after: 500, of: { call: "finishInFlight", of: gated(60_000) } },
    expected: { outcome: { ok: "interrupted" }, requests: [], outcomes: [], took: [500, 500] },
    atEveryStep: true
  },
  {
    name: "a slow observer of waits at the head of the queue holds up its own call only",
    server: { seed },
    options: { pacing: { requests: 1, per: 1000 } },
    call: together(list, { call: "tapWaits", takes: 5600, of: list }, list, list),
    expected: {
      outcome: { ok: [0, 5600, 2000, 3000] },
      requests: times(4, "GET list 200"),
      took: [5600, 5600]
    }
  },
  {
    name: "a long wait is logged, once",
    server: { seed, faults: { _tag: "Scripted", entries: [{ fault: rateLimited, times: 2 }] } },
    options: { retry: { times: 3, every: 1000, cap: 600_000 } },
    call: together(list),
    expected: {
      outcome: { ok: [40_000] },
      requests: ["GET list 429", "GET list 429", "GET list 200"],
      warnings: ["list is tried again at "],
      took: [40_000, 40_000]
    }
  },
  {
    name: "an observer of waits is told besides the log",
    server: { seed, faults: { _tag: "Scripted", entries: [{ fault: rateLimited }] } },
    options: { retry: { times: 3, every: 1000, cap: 600_000 } },
    call: together({ call: "tapWaits", takes: 300, of: list }),
    expected: {
      outcome: { ok: [20_300] },
      requests: ["GET list 429", "GET list 200"],
      warnings: ["list is tried again at "],
      took: [20_300, 20_300]
    }
  },
  {
    name: "an observer of waits is told alone where the log is turned off",
    server: { seed, faults: { _tag: "Scripted", entries: [{ fault: rateLimited }] } },
    options: { retry: { times: 3, every: 1000, cap: 600_000 } },
    call: { call: "withoutWaitLog", of: together({ call: "tapWaits", takes: 300, of: list }) },
    expected: {
      outcome: { ok: [20_300] },
      requests: ["GET list 429", "GET list 200"],
      warnings: [],
      took: [20_300, 20_300]
    }
  },
  {
    name: "an observer of waits that does not end is interrupted, and the next call has the turn",
    server: { seed },
    options: { pacing: { requests: 1, per: 1000 } },
    call: together(
      list,
      { call: "interrupt", after: 500, of: { call: "tapWaits", takes: "never", of: list } },
      delayed(100, list)
    ),
    expected: { outcome: { ok: [0, 500, 1000] }, requests: times(2, "GET list 200"), took: [1000, 1000] },
    atEveryStep: true
  },
  {
    name: "an observer of replies that does not end is interrupted",
    server: { seed },
    call: { call: "interrupt", after: 500, of: { call: "tapReplies", takes: "never", of: list } },
    expected: { outcome: { ok: "interrupted" }, requests: ["GET list 200"], took: [500, 500] },
    atEveryStep: true
  },
  {
    name: "an observer of replies that does not end is interrupted in finishInFlight, and the reply is told",
    server: { seed },
    call: {
      call: "interrupt",
      after: 500,
      of: { call: "finishInFlight", of: { call: "tapReplies", takes: "never", of: list } }
    },
    expected: { outcome: { ok: "interrupted" }, requests: ["GET list 200"], outcomes: ["list done"], took: [500, 500] },
    atEveryStep: true
  }
]
