import * as Faults from "../../faults.ts"
import { others } from "../errors.ts"
import { draw, fraction, hash } from "../random.ts"
import { type Entry, type Fault, type Kind, type Operation, type PageDefect, type Plan, pageDefects } from "./fault.ts"

/** The kinds with random details: a time below a minute, and a random boolean. */
const drawn: { readonly [K in Exclude<Kind, PageDefect>]: (millis: number, coin: boolean) => Fault } = {
  "rate-limited": (millis, coin) => Faults.rateLimited(coin ? { "retry-after": String(1 + (millis % 30)) } : {}),
  "quota-exhausted": () => Faults.quotaExhausted,
  "server-error": (_, coin) => Faults.error(coin ? 500 : 503),
  "server-error-worked": (_, coin) => Faults.error(coin ? 500 : 503, { worked: true }),
  "bad-gateway": (_, coin) => (coin ? Faults.html(502) : Faults.error(502, others.cf_bad_gateway)),
  "bad-gateway-worked": (_, coin) => Faults.html(coin ? 502 : 504, { worked: true }),
  latency: (millis, coin) => Faults.latency(coin ? { before: millis } : { after: millis }),
  "drop-before": () => Faults.dropBefore(),
  "reset-before": () => Faults.dropBefore("ECONNRESET"),
  "drop-after": () => Faults.dropAfter(),
  "late-work": (millis, coin) => Faults.lateWork(millis, coin ? "wait" : "gateway-timeout"),
  "late-work-dropped": (millis) => Faults.lateWork(millis, "drop"),
  "truncated-body": (millis, coin) =>
    Faults.truncatedBody({ share: (millis % 100) / 100, then: coin ? "drop" : "end" }),
  "html-200": () => Faults.html(200),
  redirect: (_, coin) => Faults.redirect("https://elsewhere.example/v1/fine_tuning/checkpoints", coin ? 307 : 302),
  endless: (_, coin) => Faults.endless({ chunk: coin ? 0 : 1024, every: 1000 }),
  huge: (millis, coin) => Faults.huge({ bytes: 100_000 * (1 + (millis % 10)), status: coin ? 502 : 500 }),
  "false-gzip": () => Faults.falseGzip
}

const isDefect = (kind: Kind): kind is PageDefect => pageDefects.some((defect) => defect === kind)

export const ofKind = (kind: Kind, millis: number, coin: boolean): Fault =>
  isDefect(kind) ? Faults.page(kind) : drawn[kind](millis, coin)

interface Subject {
  readonly operation: Operation
  readonly checkpoint: string | undefined
  readonly hasAfter: boolean
}

interface ScriptedEntry {
  readonly entry: Entry
  readonly seen: number
  readonly used: number
}

type Random = Extract<Plan, { readonly _tag: "Random" }>

export interface Progress {
  readonly plan: Plan
  readonly injected: ReadonlyArray<ScriptedEntry>
  readonly entries: ReadonlyArray<ScriptedEntry>
  /** The counts of a random plan: requests, faults, and faults in a row up to now. */
  readonly position: number
  readonly total: number
  readonly row: number
}

const begun = (entry: Entry): ScriptedEntry => ({ entry, seen: 0, used: 0 })

export const start = (plan: Plan): Progress => ({
  plan,
  injected: [],
  entries: plan._tag === "Scripted" ? plan.entries.map(begun) : [],
  position: 0,
  total: 0,
  row: 0
})

export const inject = (progress: Progress, entries: ReadonlyArray<Entry>): Progress => ({
  ...progress,
  injected: [...progress.injected, ...entries.map(begun)]
})

/** Returns the entries that affected no request. A random plan has no entries. */
export const unused = ({ entries, injected }: Progress): ReadonlyArray<Entry> =>
  [...injected, ...entries].flatMap(({ entry, used }) => (used === 0 ? [entry] : []))

/** Returns the injected entries for an operation or a checkpoint that no request matched. */
export const unmatched = ({ injected }: Progress): ReadonlyArray<Entry> =>
  injected.flatMap(({ entry, seen }) =>
    seen === 0 && (entry.operation ?? entry.checkpoint) !== undefined ? [entry] : []
  )

const suits = (fault: Fault, subject: Subject): boolean => {
  if (fault._tag !== "Page") return true
  if (subject.operation !== "list") return false
  return fault.defect !== "repeated-cursor" || subject.hasAfter
}

const matches = (entry: Entry, subject: Subject): boolean =>
  (entry.operation === undefined || entry.operation === subject.operation) &&
  (entry.checkpoint === undefined || entry.checkpoint === subject.checkpoint) &&
  suits(entry.fault, subject)

const isUsedUp = ({ entry, used }: ScriptedEntry): boolean => used >= (entry.times ?? 1)

/** Returns the fault of the first due entry, and the updated entries. Each matching entry counts the request. */
const nextScripted = (
  entries: ReadonlyArray<ScriptedEntry>,
  subject: Subject
): readonly [ReadonlyArray<ScriptedEntry>, Fault | undefined] => {
  let fault: Fault | undefined
  const after = entries.map((one): ScriptedEntry => {
    if (!matches(one.entry, subject)) return one
    const seen = one.seen + 1
    if (fault !== undefined || isUsedUp(one) || seen < (one.entry.nth ?? 1)) return { ...one, seen }
    fault = one.entry.fault
    return { ...one, seen, used: one.used + 1 }
  })
  return [after, fault]
}

const nextRandom = (plan: Random, { position, row, total }: Progress, subject: Subject): Fault | undefined => {
  const { atMost = Number.POSITIVE_INFINITY, consecutive = Number.POSITIVE_INFINITY, kinds, operations, seed } = plan
  if (total >= atMost || row >= consecutive) return undefined
  if (operations !== undefined && !operations.includes(subject.operation)) return undefined
  if (fraction(hash(seed, 0), position) >= plan.probability) return undefined
  const kind = kinds[draw(seed, position, 1) % kinds.length]
  if (kind === undefined) return undefined
  const fault = ofKind(kind, draw(seed, position, 2) % 60_000, draw(seed, position, 3) % 2 === 0)
  return suits(fault, subject) ? fault : undefined
}

/** Returns the fault of a request: an injected one, otherwise one of the plan. */
export const next = (before: Progress, subject: Subject): readonly [Progress, Fault | undefined] => {
  let progress = before
  if (progress.injected.length > 0) {
    const [injected, fault] = nextScripted(progress.injected, subject)
    progress = { ...progress, injected: injected.filter((one) => !isUsedUp(one)) }
    if (fault !== undefined) return [progress, fault]
  }
  const { plan, position, row, total } = progress
  if (progress.entries.length > 0) {
    const [entries, fault] = nextScripted(progress.entries, subject)
    return [{ ...progress, entries }, fault]
  }
  if (plan._tag === "Scripted") return [progress, undefined]
  const fault = nextRandom(plan, progress, subject)
  const [count, inRow] = fault === undefined ? [0, 0] : [1, row + 1]
  return [{ ...progress, position: position + 1, total: total + count, row: inRow }, fault]
}
