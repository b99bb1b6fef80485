import { draw, fraction, hash } from "../random.ts"
import type { Entry, Fault, Operation, Plan } from "./model.ts"
import { ofKind } from "./ofKind.ts"

/** What decides whether a request meets a fault. */
export interface Subject {
  readonly operation: Operation
  readonly checkpoint: string | undefined
  readonly hasAfter: boolean
}

interface ScriptedEntry {
  readonly entry: Entry
  readonly seen: number
  readonly used: number
}

type Running =
  | { readonly _tag: "Scripted"; readonly entries: ReadonlyArray<ScriptedEntry> }
  | {
      readonly _tag: "Random"
      readonly plan: Extract<Plan, { readonly _tag: "Random" }>
      readonly position: number
      readonly total: number
      readonly row: number
    }

/** How far the plan and what was injected have come. */
export interface Progress {
  readonly injected: ReadonlyArray<ScriptedEntry>
  readonly plan: Running
}

const begun = (entry: Entry): ScriptedEntry => ({ entry, seen: 0, used: 0 })

export const start = (plan: Plan): Progress => ({
  injected: [],
  plan:
    plan._tag === "Scripted"
      ? { _tag: "Scripted", entries: plan.entries.map(begun) }
      : { _tag: "Random", plan, position: 0, total: 0, row: 0 }
})

export const inject = (progress: Progress, entries: ReadonlyArray<Entry>): Progress => ({
  ...progress,
  injected: [...progress.injected, ...entries.map(begun)]
})

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

/** The first entry that is due, and the entries after it was used. Every entry that matches counts the request. */
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

const nextRandom = (running: Extract<Running, { readonly _tag: "Random" }>, subject: Subject): Fault | undefined => {
  const { plan, position, row, total } = running
  const { atMost = Number.POSITIVE_INFINITY, consecutive = Number.POSITIVE_INFINITY, kinds, operations, seed } = plan
  if (total >= atMost || row >= consecutive) return undefined
  if (operations !== undefined && !operations.includes(subject.operation)) return undefined
  if (fraction(hash(seed, 0), position) >= plan.probability) return undefined
  const kind = kinds[draw(seed, position, 1) % kinds.length]
  if (kind === undefined) return undefined
  const fault = ofKind(kind, draw(seed, position, 2) % 60_000, draw(seed, position, 3) % 2 === 0)
  return suits(fault, subject) ? fault : undefined
}

/** The fault of a request: of what was injected, else of the plan. */
export const next = (progress: Progress, subject: Subject): readonly [Progress, Fault | undefined] => {
  const { plan } = progress
  if (progress.injected.length > 0) {
    const [injected, fault] = nextScripted(progress.injected, subject)
    if (fault !== undefined) return [{ ...progress, injected: injected.filter((one) => !isUsedUp(one)) }, fault]
  }
  if (plan._tag === "Scripted") {
    if (plan.entries.length === 0) return [progress, undefined]
    const [entries, fault] = nextScripted(plan.entries, subject)
    return [{ ...progress, plan: { ...plan, entries } }, fault]
  }
  const fault = nextRandom(plan, subject)
  const met = fault !== undefined
  return [
    {
      ...progress,
      plan: { ...plan, position: plan.position + 1, total: plan.total + (met ? 1 : 0), row: met ? plan.row + 1 : 0 }
    },
    fault
  ]
}
