import type { Entry, Fault, Kind, Operation, Plan } from "../Faults.ts"
import * as Faults from "../Faults.ts"
import type { ServerRequest } from "./http.ts"
import { fraction, hash } from "./prng.ts"

/** What decides whether a fault is for a request. */
export interface Subject {
  readonly operation: Operation
  readonly checkpoint: string
  readonly request: ServerRequest
}

/** Several numbers for one request, each from a stream of its own. */
const draw = (seed: number, position: number, stream: number): number => hash(hash(seed, stream), position)

/** A fault of a kind, its details drawn too. */
const ofKind = (kind: Kind, seed: number, position: number): Fault => {
  const millis = draw(seed, position, 2) % 60_000
  const coin = draw(seed, position, 3) % 2 === 0
  switch (kind) {
    case "rate-limited":
      return Faults.rateLimited(coin ? { "retry-after": String(1 + (millis % 30)) } : {})
    case "server-error":
      return Faults.error(coin ? 500 : 503)
    case "server-error-worked":
      return Faults.error(coin ? 500 : 503, { worked: true })
    case "bad-gateway":
      return coin ? Faults.html(502) : Faults.error(502, { message: "Bad gateway", type: "cf_bad_gateway", code: 502 })
    case "bad-gateway-worked":
      return Faults.html(coin ? 502 : 504, { worked: true })
    case "latency":
      return coin ? Faults.latency({ before: millis }) : Faults.latency({ after: millis })
    case "drop-before":
      return Faults.dropBefore()
    case "reset-before":
      return Faults.dropBefore("ECONNRESET")
    case "drop-after":
      return Faults.dropAfter()
    case "late-work":
      return Faults.lateWork(millis, coin ? "wait" : "gateway-timeout")
    case "late-work-dropped":
      return Faults.lateWork(millis, "drop")
    case "truncated-body":
      return Faults.truncatedBody({ share: (millis % 100) / 100, then: coin ? "drop" : "end" })
    case "html-200":
      return Faults.html(200)
    case "redirect":
      return Faults.redirect("https://elsewhere.example/v1/fine_tuning/checkpoints", coin ? 307 : 302)
    case "endless":
      return Faults.endless({ chunk: coin ? 0 : 1024, every: 1000 })
    case "huge":
      return Faults.huge({ bytes: 100_000 * (1 + (millis % 10)), status: coin ? 502 : 500 })
    case "false-gzip":
      return Faults.falseGzip
    default:
      return Faults.page(kind)
  }
}

const applies = (fault: Fault, subject: Subject): boolean => {
  if (fault._tag !== "Page") return true
  if (subject.operation !== "list") return false
  return fault.defect !== "repeated-cursor" || subject.request.query.some(([name]) => name === "after")
}

const matches = (entry: Entry, subject: Subject): boolean =>
  (entry.operation === undefined || entry.operation === subject.operation) &&
  (entry.checkpoint === undefined || entry.checkpoint === subject.checkpoint) &&
  applies(entry.fault, subject)

/** A plan under way: gives each request its fault. */
export interface Running {
  readonly next: (subject: Subject) => Fault | undefined
}

const runScripted = (entries: ReadonlyArray<Entry>): Running => {
  const progress = entries.map((entry) => ({ entry, seen: 0, used: 0 }))
  return {
    next: (subject) => {
      let chosen: Fault | undefined
      for (const one of progress) {
        if (!matches(one.entry, subject)) continue
        one.seen += 1
        const due = one.used < (one.entry.times ?? 1) && one.seen >= (one.entry.nth ?? 1)
        if (chosen === undefined && due) {
          one.used += 1
          chosen = one.entry.fault
        }
      }
      return chosen
    }
  }
}

const runRandom = (plan: Extract<Plan, { readonly _tag: "Random" }>): Running => {
  let position = -1
  let total = 0
  let row = 0
  const drawn = (subject: Subject): Fault | undefined => {
    if (total >= (plan.atMost ?? Number.POSITIVE_INFINITY) || row >= (plan.consecutive ?? Number.POSITIVE_INFINITY)) {
      return undefined
    }
    if (plan.operations !== undefined && !plan.operations.includes(subject.operation)) return undefined
    if (fraction(hash(plan.seed, 0), position) >= plan.probability) return undefined
    const kind = plan.kinds[draw(plan.seed, position, 1) % plan.kinds.length]
    const fault = kind === undefined ? undefined : ofKind(kind, plan.seed, position)
    return fault !== undefined && applies(fault, subject) ? fault : undefined
  }
  return {
    next: (subject) => {
      position += 1
      const fault = drawn(subject)
      total += fault === undefined ? 0 : 1
      row = fault === undefined ? 0 : row + 1
      return fault
    }
  }
}

export const start = (plan: Plan): Running => (plan._tag === "Scripted" ? runScripted(plan.entries) : runRandom(plan))
