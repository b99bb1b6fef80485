/** Options for some calls: the value in effect, and the time that a call waits for a server that refuses requests. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { always, checkpoint, delayed, listed, list as listing, stream, times, together } from "../builders.ts"
import type { Call, Case } from "../model.ts"

const list = listing()
const has = ["proj_001"]
const limited = faults.rateLimited({ "retry-after": "20" })

type Options = Omit<Extract<Call, { readonly call: "withOptions" }>, "call" | "of">

const withOptions = (options: Options, of: Call = list): Call => ({ call: "withOptions", ...options, of })

/** Returns the fields of a case whose call comes a moment after a pause of 20 seconds began. */
const inPause = (name: string, of: Call): Pick<Case, "name" | "has" | "answers" | "options" | "call"> => ({
  name,
  has,
  answers: [limited],
  options: { pacing: "adaptive", retry: "standard" },
  call: together(list, delayed(1, of))
})

const refused = {
  fail: { kind: "RateLimitError", attempts: 0, retryAfter: 19_999 },
  sent: ["list 429"],
  took: 1
}

export const callOptions: ReadonlyArray<Case> = [
  {
    ...inPause("a list whose maxWait ends before a pause fails immediately", withOptions({ maxWait: 19_000 })),
    ...refused
  },
  {
    ...inPause(
      "a stream whose maxWait ends before a pause fails immediately",
      withOptions({ maxWait: 19_000 }, stream())
    ),
    ...refused
  },
  {
    ...inPause("a call waits for a pause that ends within its maxWait", withOptions({ maxWait: 20_000 })),
    ok: [20_000, 20_000],
    sent: ["list 429", "list 200", "list 200"],
    took: 20_000
  },
  {
    name: "maxWait bounds a delay after a 429",
    answers: [limited],
    options: { retry: "standard" },
    call: withOptions({ maxWait: 5000 }),
    fail: { kind: "RateLimitError", attempts: 1, retryAfter: 20_000 }
  },
  {
    name: "maxWait bounds no delay after another failure",
    has,
    answers: [faults.error(503)],
    options: { retry: { times: 3, every: 7000, cap: 60_000 } },
    call: withOptions({ maxWait: 0 }),
    ok: listed("proj_001"),
    took: 7000
  },
  {
    name: "maxWait includes the waits of earlier attempts",
    answers: [always(limited)],
    options: { retry: "standard" },
    call: withOptions({ maxWait: 50_000 }),
    fail: { kind: "RateLimitError", attempts: 3 },
    took: 40_000
  },
  {
    name: "a maxWait that is longer than the cap lets a call wait for a pause, and the cap bounds delays only",
    has,
    answers: [faults.rateLimited({ "retry-after": "600" }), faults.error(503)],
    options: { pacing: "adaptive", retry: { times: 0, every: 1, cap: 0 } },
    call: together(
      { call: "streams", checkpoint, count: 1 },
      delayed(1, withOptions({ maxWait: 3_600_000, retry: { times: 3, every: 5000, cap: 6000 } }))
    ),
    ok: [0, 605_000],
    sent: ["list?limit=100 429", "list 503", "list 200"],
    took: 605_000
  },
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
    ...inPause(
      "an urgent call does not wait for a pause, and an absent option is inherited",
      withOptions({ urgent: true, maxWait: 0 }, withOptions({ onReply: { takes: 0 } }))
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
      withOptions({ urgent: true, maxWait: 0 }, withOptions({ urgent: false }))
    ),
    ...refused
  },
  {
    name: "urgent calls go past the queue of a steady rate",
    has,
    options: { pacing: { requests: 1, per: 60_000 } },
    call: together(...times(3, withOptions({ urgent: true }))),
    ok: [0, 0, 0],
    sent: times(3, "list 200")
  }
]
