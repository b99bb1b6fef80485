/** How fast requests go. */
import type { Case } from "../model.ts"
import { checkpoint, times } from "./names.ts"

export const pacing: ReadonlyArray<Case> = [
  {
    name: "a fixed rate, never more in any stretch",
    server: { seed: { [checkpoint]: ["proj_001"] }, behavior: { rate: { requests: 2, per: 1000, refill: "window" } } },
    options: { pacing: { requests: 2, per: 1000 } },
    call: { call: "lists", checkpoint: checkpoint, count: 7, concurrency: 7 },
    expected: {
      outcome: { ok: [1, 1, 1, 1, 1, 1, 1] },
      requests: [
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200"
      ],
      took: [3000, 3000]
    }
  },
  {
    name: "a bucket",
    server: { seed: { [checkpoint]: ["proj_001"] }, behavior: { rate: { requests: 2, per: 1000, burst: 4 } } },
    options: { pacing: { requests: 2, per: 1000, burst: 4 } },
    call: { call: "lists", checkpoint: checkpoint, count: 8, concurrency: 8 },
    expected: {
      outcome: { ok: [1, 1, 1, 1, 1, 1, 1, 1] },
      requests: [
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200"
      ],
      took: [2000, 2000]
    }
  },
  {
    name: "the adaptive pace waits for nothing without a refusal",
    server: { seed: { [checkpoint]: ["proj_001"] } },
    options: { pacing: "adaptive" },
    call: { call: "lists", checkpoint: checkpoint, count: 12, concurrency: 4 },
    expected: { outcome: { ok: times(12, 1) }, requests: times(12, "GET list 200") }
  },
  {
    name: "one stray 429 costs what it asks for",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            operation: "list",
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json", "retry-after": "1" },
              body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
              worked: false
            },
            nth: 5
          }
        ]
      }
    },
    options: { pacing: "adaptive", retry: "standard" },
    call: { call: "lists", checkpoint: checkpoint, count: 30, concurrency: 1 },
    expected: {
      outcome: { ok: times(30, 1) },
      requests: [
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 429",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200",
        "GET list 200"
      ],
      took: [1000, 1400]
    }
  },
  {
    name: "before a refusal, an estimate says what nothing refused takes, and what ten a minute takes",
    server: { seed: { [checkpoint]: ["proj_001"] }, behavior: { latency: 200 } },
    options: { pacing: "adaptive" },
    call: {
      call: "estimate",
      after: { call: "lists", checkpoint: checkpoint, count: 10, concurrency: 2 },
      list: 41
    },
    expected: {
      outcome: { ok: { basis: "assumed", refused: 0, duration: 246_000, unrefused: 4000 } },
      requests: times(10, "GET list 200"),
      took: [1000, 1000]
    }
  },
  {
    name: "while requests are held, an estimate knows of no time without a refusal",
    server: { seed: { [checkpoint]: ["proj_001"] }, behavior: { rate: { requests: 1, per: 3_600_000 } } },
    options: { pacing: "adaptive" },
    call: {
      call: "estimate",
      after: { call: "lists", checkpoint: checkpoint, count: 2, concurrency: 1 },
      list: 41
    },
    expected: {
      outcome: { ok: { basis: "assumed", refused: 1, duration: 247_000 } },
      requests: ["GET list 200", "GET list 429"]
    }
  },
  {
    name: "an estimate of a rate that was given",
    server: { seed: { [checkpoint]: ["proj_001"] } },
    options: { pacing: { requests: 10, per: 60_000 } },
    call: {
      call: "estimate",
      after: { call: "lists", checkpoint: checkpoint, count: 10, concurrency: 10 },
      list: 20
    },
    expected: {
      outcome: { ok: { basis: "configured", refused: 0, duration: 120_000 } },
      requests: times(10, "GET list 200")
    }
  },
  {
    name: "a hold beyond the cap fails at once",
    server: {
      seed: { [checkpoint]: ["proj_001"] },
      faults: {
        _tag: "Scripted",
        entries: [
          {
            operation: "list",
            fault: {
              _tag: "Reply",
              status: 429,
              headers: { "content-type": "application/json", "retry-after": "90" },
              body: '{"error":{"message":"Rate limit reached for requests.","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
              worked: false
            }
          }
        ]
      }
    },
    options: { pacing: "adaptive" },
    call: { call: "lists", checkpoint: checkpoint, count: 2, concurrency: 1 },
    expected: {
      outcome: {
        fail: {
          kind: "RateLimitError",
          operation: "list",
          status: 429,
          code: "rate_limit_exceeded",
          retryAfter: 90000,
          mayHaveExecuted: false
        }
      },
      requests: ["GET list 429"]
    }
  }
]
