/** What must be true of a trace: the promises, stated over a plain set of (checkpoint, project) pairs. */
import { type Case, checkpoints, ownerOf, projects } from "./modelCase.ts"
import { survivable } from "./modelFaults.ts"
import { listingViolations } from "./modelListing.ts"
import type { Happened, Trace } from "./modelRun.ts"
import {
  isDone,
  type Kind,
  makes,
  of,
  oldest,
  overlap,
  takes,
  touches,
  type Violation,
  writes
} from "./modelViolation.ts"

/** What a step that wrote left behind, looked at when it ended. */
const stepViolations = (one: Case, trace: Trace, step: Happened): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const { checkpoint } = step.step
  const add = (kind: Kind, text: string) => found.push({ kind, text, step })
  const meanwhile = trace.happened.filter((other) => overlap(step, other) && writes(other))
  for (const project of "projects" in step.step ? step.step.projects : []) {
    const others = meanwhile.filter((other) => touches(other, checkpoint, project))
    const before = of(step.before, checkpoint, project)
    const after = of(step.after, checkpoint, project)
    const owns = ownerOf(one, checkpoint) === project
    if (step.step._tag === "create") {
      const may = before.length + (before.length === 0 || one.behavior.regrant === "second" ? 1 : 0)
      if (!others.some(makes) && after.length > may) {
        add("doubled", `one create made ${after.length - before.length} permissions of ${project}`)
      }
      if (isDone(step) && !others.some(takes) && after.length === 0)
        add("lost", `${project} was created and is not there`)
    }
    if (step.step._tag === "grant" && step.result._tag === "done" && step.result.answer._tag === "granted") {
      const { alreadyGranted, granted, owning } = step.result.answer.report
      const said = [granted, alreadyGranted, owning].filter((list) => list.includes(project)).length
      if (said !== 1) add("misreported", `the report names ${project} ${said} times`)
      if (owning.includes(project) !== owns)
        add("misreported", `${project} ${owns ? "owns" : "does not own"} the model`)
      if (owns) continue
      if (others.length === 0 && granted.includes(project) !== (before.length === 0)) {
        add("misreported", `${project} had ${before.length} permissions before`)
      }
      if (!others.some(takes) && after.length === 0) add("lost", `${project} was granted and has no access`)
      const alone = others.every((other) => other.step._tag !== "create" && other.service === step.service)
      if (alone && after.length > 1) add("doubled", `${project} was granted and has ${after.length} permissions`)
      const stays = oldest(before)
      if (others.length === 0 && stays !== undefined && !after.some(({ id }) => id === stays.id)) {
        add("lost", `${stays.id}, the oldest permission of ${project}, should have stayed`)
      }
    }
    if (step.step._tag === "revoke" && step.result._tag === "done" && step.result.answer._tag === "revoked") {
      const { absent, owning, revoked } = step.result.answer.report
      const said = [revoked, absent, owning].filter((list) => list.includes(project)).length
      if (said !== 1) add("misreported", `the report names ${project} ${said} times`)
      if (others.length === 0 && revoked.includes(project) !== before.length > 0) {
        add("misreported", `${project} had ${before.length} permissions before`)
      }
      if (!others.some(makes) && after.length > 0) {
        add("kept", `${project} was revoked and has ${after.length} permissions`)
      }
    }
  }
  const { target } = step
  if (target !== undefined && isDone(step) && (step.after[checkpoint] ?? []).some(({ id }) => id === target.id)) {
    add("kept", `${target.id} was deleted and is there`)
  }
  if (meanwhile.length === 0 && writes(step)) found.push(...frameViolations(step))
  return found
}

/** Nobody touches what they were not asked to. */
const frameViolations = (step: Happened): ReadonlyArray<Violation> =>
  Object.entries(step.before).flatMap(([checkpoint, permissions]) =>
    permissions.flatMap((permission): ReadonlyArray<Violation> => {
      const asked = step.step._tag === "delete" ? false : touches(step, checkpoint, permission.project_id)
      const there = (step.after[checkpoint] ?? []).some(({ id }) => id === permission.id)
      return there || asked || permission.id === step.target?.id
        ? []
        : [{ kind: "lost", text: `${permission.id} of ${permission.project_id} went too`, step }]
    })
  )

/** Which outcomes the steps allow, whatever order they took effect in where they overlapped. */
const finalViolations = (one: Case, { final, happened, initial }: Trace): ReadonlyArray<Violation> =>
  checkpoints.flatMap((checkpoint) =>
    projects.flatMap((project): ReadonlyArray<Violation> => {
      const about = happened.filter((step) => touches(step, checkpoint, project))
      const first = of(initial, checkpoint, project)
      const last = of(final, checkpoint, project)
      const pair = `${project} on ${checkpoint}`
      const undone = (end: number, by: (step: Happened) => boolean) =>
        about.some((step) => step.start > end && isDone(step) && by(step))
      const mayHave =
        (first.length > 0 && !undone(0, (step) => step.step._tag === "revoke")) ||
        about.some((step) => makes(step) && !undone(step.end, ({ step }) => step._tag === "revoke"))
      const mayLack =
        (first.length === 0 && !undone(0, makes)) || about.some((step) => takes(step) && !undone(step.end, makes))
      if (ownerOf(one, checkpoint) === project) {
        return last.length === 0 ? [] : [{ kind: "kept", text: `${pair} owns the model and got a permission` }]
      }
      if (last.length > 0 && !mayHave) return [{ kind: "kept", text: `${pair} has access at the end` }]
      if (last.length === 0 && !mayLack) return [{ kind: "lost", text: `${pair} has no access at the end` }]
      if (about.some(({ step }) => step._tag === "create")) return []
      const stays = oldest(first)
      if (stays !== undefined && !about.some(takes) && !last.some(({ id }) => id === stays.id)) {
        return [{ kind: "lost", text: `${stays.id}, the oldest permission of ${pair}, is gone at the end` }]
      }
      const grants = about.filter(({ step }) => step._tag === "grant")
      const exactly = grants.length > 0 && grants.every(isDone)
      const byOne = new Set(grants.map(({ service }) => service)).size < 2
      const most = exactly ? 1 : byOne ? Math.max(1, first.length) : Number.POSITIVE_INFINITY
      return last.length > most ? [{ kind: "doubled", text: `${pair} has ${last.length} permissions at the end` }] : []
    })
  )

/** When all is quiet, one more grant of everything leaves each project exactly one permission. */
const settledViolations = (one: Case, { settled, settling }: Trace): ReadonlyArray<Violation> => [
  ...settling.flatMap(
    (step): ReadonlyArray<Violation> =>
      step.result._tag === "failed"
        ? [{ kind: "failed", text: `in the quiet afterwards: ${step.result.error.message}`, step }]
        : []
  ),
  ...settling.flatMap((step) => listingViolations(settling, step)),
  ...[...new Set(settling.map(({ step }) => step.checkpoint))].flatMap((checkpoint) =>
    projects.flatMap((project): ReadonlyArray<Violation> => {
      const count = of(settled, checkpoint, project).length
      const expected = ownerOf(one, checkpoint) === project ? 0 : 1
      if (count === expected) return []
      const text = `${project} on ${checkpoint} has ${count} permissions after one more grant`
      return [{ kind: count > expected ? "doubled" : "lost", text }]
    })
  )
]

/** With nothing in its way, and no more faults than are outlasted, each operation succeeds. */
const livenessViolations = (one: Case, { happened }: Trace): ReadonlyArray<Violation> => {
  if (one.behavior.rate !== "unlimited" || !survivable(one.faults)) return []
  if (one.behavior.latency === 10_000 && one.behavior.replyLatency === 10_000) return []
  return happened.flatMap((step): ReadonlyArray<Violation> => {
    if (step.result._tag !== "failed") return []
    const { error } = step.result
    const raw = step.step._tag === "create" || step.step._tag === "delete"
    const disturbed = happened.some(
      (other) =>
        overlap(step, other) &&
        writes(other) &&
        other.step.checkpoint === step.step.checkpoint &&
        (step.step._tag === "list" ||
          other.service !== step.service ||
          other.step._tag === "create" ||
          other.step._tag === "delete")
    )
    return raw || disturbed ? [] : [{ kind: "failed", text: `though nothing stood in its way: ${error.message}`, step }]
  })
}

/** The worst first: it is what a case is made small for. */
const severity: ReadonlyArray<Kind> = [
  "endless",
  "died",
  "short",
  "lost",
  "doubled",
  "kept",
  "repeated",
  "misreported",
  "failed"
]

export const violations = (one: Case, trace: Trace): ReadonlyArray<Violation> => {
  if (trace.endless !== undefined) return [{ kind: "endless", text: trace.endless }]
  const found = [
    ...[...trace.happened, ...trace.settling].flatMap(
      (step): ReadonlyArray<Violation> =>
        step.result._tag === "died" ? [{ kind: "died", text: step.result.reason, step }] : []
    ),
    ...trace.happened.flatMap((step) => stepViolations(one, trace, step)),
    ...trace.happened.flatMap((step) => listingViolations(trace.happened, step)),
    ...finalViolations(one, trace),
    ...livenessViolations(one, trace),
    ...settledViolations(one, trace)
  ]
  return found.sort((a, b) => severity.indexOf(a.kind) - severity.indexOf(b.kind))
}
