/**
 * Random histories of a pipeline over the real cells, decision and apply, on the fake in virtual time: merges of one or
 * several commits, reverts, invalid policies, modes, owners and ends; committers' clocks that are off; changes by hand,
 * also during an apply; runs that fail, are cancelled or lose their base; approvals that are used twice and late; logs
 * that are off, late or begin later. Its oracles know intentions and changes by hand from their own records.
 */
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { DateTime, Effect, Layer, Redacted, Stream } from "effect"
import { Access, AccessChanges, AccessPlan, type AccessPolicy } from "../../src/index.ts"
import { make as randomOf } from "../nights/random.ts"
import { changesOf, commit, planSince } from "../support/commits.ts"

const entries = ["e1", "e2", "e3"].map((name) => CheckpointId.make(`ft:gpt-4o-mini-2024-07-18:org:${name}:A`))
const projects = ["proj_a", "proj_b", "proj_c", "proj_d"].map((id) => ProjectId.make(id))

type EntryId = (typeof entries)[number]
type Project = (typeof projects)[number]

/** An entry of a policy: the last day of each project, or `null`. */
interface Entry {
  readonly mode: "exact" | "at-least"
  readonly owner?: Project | undefined
  readonly access: ReadonlyMap<Project, string | null>
}

type Policy = ReadonlyMap<EntryId, Entry>

const policyOf = (policy: Policy): AccessPolicy.AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(
    [...policy].map(([id, { access, mode, owner }]) => [
      id,
      {
        mode,
        ...(owner === undefined ? {} : { owner }),
        projects: [...access].flatMap(([project, until]) =>
          project === owner ? [] : [until === null || mode === "at-least" ? project : { project, until }]
        )
      }
    ])
  )
})

type Intention = "access" | "no access" | "nothing"

/** The last day of a project's access: none in the mode `at-least`, and for the owner. */
const endOf = (entry: Entry | undefined, who: Project): string | null =>
  entry?.mode === "exact" && entry.owner !== who ? (entry.access.get(who) ?? null) : null

const intentionIn = (policy: Policy, id: EntryId, who: Project, day: string): Intention => {
  const entry = policy.get(id)
  if (entry === undefined || entry.owner === who) return "nothing"
  const end = endOf(entry, who)
  if (entry.access.has(who) && (end === null || end >= day)) return "access"
  return entry.mode === "exact" ? "no access" : "nothing"
}

/** A commit as the history made it. `policy` is missing if it is invalid. */
interface Made {
  readonly id: string
  readonly at: number
  readonly policy: Policy | undefined
}

const dayOf = (millis: number): string => new Date(millis).toISOString().slice(0, 10)
const cellOf = (id: string, who: string): string => `${who} ${id}`
const second = (millis: number): number => Math.floor(millis / 1000)

/** Returns the time of the last commit that changed each cell, in Unix seconds. */
const timesOf = (base: Made | undefined, commits: ReadonlyArray<Made>): ReadonlyMap<string, number> => {
  const times = new Map<string, number>()
  let former = base?.policy
  if (former === undefined) return times
  for (const { at, policy } of commits) {
    if (policy === undefined) continue
    for (const id of entries) {
      for (const who of projects) {
        const [before, after] = [former, policy].map((one) => intentionIn(one, id, who, dayOf(at)))
        if (before !== after) times.set(cellOf(id, who), second(at))
      }
    }
    former = policy
  }
  return times
}

/**
 * The rules that a history can break: `hand`, no change by hand that is not older than its intention is undone;
 * `unasked`, each step has a commit, an approval or an end; `asked`, a run that is complete left no change of its commits
 * undone; `ended`, nor access that has ended.
 */
export type Rule = "hand" | "unasked" | "asked" | "ended"

/** How often something happened in histories, by its name. */
export type Kinds = Readonly<Record<string, number>>

export interface Outcome {
  readonly violations: ReadonlyArray<{ readonly rule: Rule; readonly detail: string }>
  readonly kinds: Kinds
}

/** The delay of the audit log, in milliseconds. */
const lateness = 40 * 60_000

interface Log {
  readonly kind: "on" | "off" | "late" | "cut"
}

const run = Effect.fnUntraced(function* (seed: number, most: number, log: Log) {
  const { below, chance, one, some } = randomOf(seed)
  const fake = yield* FakePermissions.FakePermissions
  const violations: Array<Outcome["violations"][number]> = []
  const kinds: Record<string, number> = {}
  const violate = (rule: Rule, detail: string) => violations.push({ rule, detail: `seed ${seed}: ${detail}` })
  const count = (kind: string, by = 1) => {
    kinds[kind] = (kinds[kind] ?? 0) + by
  }
  const clock = Effect.map(DateTime.now, ({ epochMillis }) => epochMillis)
  const isSkewed = chance(0.5)

  /** The last revoke by hand of each cell after the last grant, in Unix milliseconds. */
  const revoked = new Map<string, number>()
  /** The time of the last change by hand, and that of the last one of each cell. */
  const byHand = new Map<string, number>()

  const changeByHand = Effect.fnUntraced(function* (id: EntryId, who: Project) {
    const found = (yield* fake.permissions(id)).filter(({ project_id }) => project_id === who)
    yield* Effect.forEach(found, (one) => fake.remove(id, one.id))
    if (found.length === 0) yield* fake.grant(id, who)
    const now = yield* clock
    byHand.set(cellOf(id, who), now)
    if (found.length === 0) revoked.delete(cellOf(id, who))
    else revoked.set(cellOf(id, who), now)
    count("by hand")
  })

  const edit = (policy: Policy, now: number): Policy => {
    const changed = new Map(policy)
    const id = one(entries)
    const entry = changed.get(id)
    const who = one(projects)
    const access = new Map(entry?.access)
    const end = dayOf(now + (below(12) - 3) * 86_400_000)
    const made: Entry = entry ?? { mode: "exact", access }
    const kind = below(10)
    if (entry === undefined || kind < 5) {
      if (access.has(who) && kind < 2) access.delete(who)
      else access.set(who, chance(0.4) ? end : null)
      changed.set(id, { ...made, access })
    } else if (kind === 5) changed.set(id, { ...made, mode: made.mode === "exact" ? "at-least" : "exact" })
    else if (kind === 6) changed.set(id, { ...made, owner: made.owner === undefined ? who : undefined })
    else if (kind === 7 && changed.size > 1) changed.delete(id)
    else changed.set(id, { ...made, access: new Map([...access].map(([name]) => [name, end])) })
    return changed
  }

  const first: Policy = new Map(
    entries.map((id) => [
      id,
      { mode: chance(0.8) ? "exact" : "at-least", access: new Map(some(projects, 0.5).map((who) => [who, null])) }
    ])
  )
  const history: Array<Made> = [{ id: "c0", at: yield* clock, policy: first }]
  const lastValid = () => history.findLast(({ policy }) => policy !== undefined)?.policy ?? first
  let base: number | undefined = 0
  let approved: { readonly plan: AccessPlan.AccessPlan; readonly times: ReadonlyMap<string, number> } | undefined

  const push = Effect.fnUntraced(function* () {
    const now = yield* clock
    const skew = isSkewed ? (below(121) - 60) * 60_000 : 0
    const times = 1 + below(3)
    for (let n = 0; n < times; n++) {
      const back = history[below(history.length)]?.policy
      const policy = chance(0.2) && back !== undefined ? back : edit(lastValid(), now)
      const isInvalid = chance(0.1) && n + 1 < times
      history.push({ id: `c${history.length}`, at: now + skew, policy: isInvalid ? undefined : policy })
    }
    count("commits", times)
  })

  const changesSince = () => {
    const made = (one: Made) => commit(one.id, one.at, one.policy && policyOf(one.policy))
    const from = base === undefined ? undefined : history[base]
    const commits = base === undefined ? [] : history.slice(base + 1)
    const head = history.at(-1)
    if (base === undefined && head !== undefined) return { changes: changesOf(undefined, made(head)), times: new Map() }
    return { changes: changesOf(from && made(from), ...commits.map(made)), times: timesOf(from, commits) }
  }

  const keyOf = (id: string, step: AccessPlan.Step): string =>
    cellOf(id, AccessPlan.isDelete(step) ? step.permission.id : step.project)

  const planAll = Effect.fnUntraced(function* () {
    const { changes } = changesSince()
    const plan = yield* planSince(changes, { all: true })
    const times = new Map(
      plan.checkpoints.flatMap(({ checkpoint, readAt, readFrom = readAt, steps }) =>
        steps.map((step) => [keyOf(checkpoint, step), second(readFrom.epochMillis)] as const)
      )
    )
    approved = { plan, times }
  })

  /** Holds what a plan makes against the records of this history. */
  const check = (
    plan: AccessPlan.AccessPlan,
    times: ReadonlyMap<string, number>,
    read: number,
    isApproved: boolean
  ) => {
    const head = lastValid()
    for (const one of plan.checkpoints) {
      for (const step of AccessPlan.planned(one)) {
        count("steps")
        const cell = cellOf(one.checkpoint, step.project)
        const approval = isApproved ? approved?.times.get(keyOf(one.checkpoint, step)) : undefined
        const known = [times.get(cell), approval].filter((time) => time !== undefined)
        const asked = known.length === 0 ? undefined : Math.max(...known)
        const end = endOf(head.get(one.checkpoint), step.project)
        const created = AccessPlan.isDelete(step) ? step.permission.created_at : undefined
        const isEnded = created !== undefined && end !== null && end < plan.day && dayOf(created * 1000) <= end
        const isDuplicate = step.why === "duplicate" && approval !== undefined
        if (asked === undefined && !isEnded) violate("unasked", `${step.why} ${cell}`)
        if (asked === undefined || isDuplicate) continue
        if (created !== undefined && created >= asked && !isEnded) violate("hand", `revokes ${cell}, granted since`)
        const at = revoked.get(cell)
        // an event that the log did not show yet
        const isHidden = at !== undefined && log.kind === "late" && at > read - lateness
        const isUnknown = (log.kind === "off" || log.kind === "cut") && approval !== undefined
        if (created === undefined && at !== undefined && second(at) >= asked && !isHidden && !isUnknown) {
          violate("hand", `grants ${cell}, revoked since`)
        }
      }
    }
  }

  const apply = Effect.fnUntraced(function* (isApproved: boolean) {
    const { changes, times } = changesSince()
    const read = yield* clock
    const plan = yield* planSince(changes, { approved: isApproved ? approved?.plan : undefined })
    check(plan, times, read, isApproved)
    const sent = (yield* fake.requests).length
    const isCancelled = chance(0.1)
    if (chance(0.1)) yield* fake.inject(Faults.error(400), { operation: one(["create", "delete", "list"]) })
    const during = chance(0.15)
    const [id, who] = [one(entries), one(projects)]
    if (during) yield* Effect.fork(Effect.zipRight(fake.awaitRequests(sent + 1), changeByHand(id, who)))
    const stop = isCancelled ? fake.awaitRequests(sent + 1) : Effect.never
    const steps = Array.from(yield* Stream.runCollect(Access.apply(plan, { stop })))
    for (const step of steps) if (step._tag === "Granted") revoked.delete(cellOf(step.checkpoint, step.project_id))
    const isWaiting = plan.checkpoints.some((one) => one.steps.some(AccessChanges.isWaiting))
    const failed = ["Failed", "Drifted", "Stopped", "Skipped", "NotListedYet"]
    const isComplete =
      base !== undefined && !isWaiting && plan.counts.unread === 0 && !steps.some(({ _tag }) => failed.includes(_tag))
    yield* fake.setFaults(Faults.none)
    count(isComplete ? "complete" : "incomplete")
    if (isWaiting) count("waiting")
    if (!isComplete) return
    const head = lastValid()
    const all = yield* fake.allPermissions
    for (const id of entries) {
      for (const who of projects) {
        const cell = cellOf(id, who)
        if ((byHand.get(cell) ?? 0) >= read) continue
        const has = (all[id] ?? []).some(({ project_id }) => project_id === who)
        const intention = intentionIn(head, id, who, plan.day)
        const end = endOf(head.get(id), who)
        if (times.has(cell) && ((intention === "access" && !has) || (intention === "no access" && has))) {
          violate("asked", `${cell} wants ${intention}`)
        }
        const isOld = (all[id] ?? []).some(
          (one) => one.project_id === who && dayOf(one.created_at * 1000) <= (end ?? "")
        )
        if (end !== null && end < plan.day && isOld) violate("ended", `${cell} after ${end}`)
      }
    }
    // only a complete run moves the base
    base = history.length - 1
  })

  yield* apply(false)
  const events = 10 + below(most)
  for (let n = 0; n < events; n++) {
    yield* Effect.sleep(below(30) * 1000 + (chance(0.3) ? below(50) * 3_600_000 : below(240) * 60_000))
    const kind = below(20)
    if (kind < 6) yield* push()
    else if (kind < 11) yield* changeByHand(one(entries), one(projects))
    else if (kind < 17) yield* apply(false)
    else if (kind === 17) yield* planAll()
    else if (kind === 18 && approved !== undefined) {
      count("approvals")
      yield* apply(true)
    } else if (chance(0.3)) base = undefined
    else
      base ??= Math.max(
        0,
        history.findIndex(({ policy }) => policy !== undefined)
      )
  }
  return { violations, kinds }
})

/** Runs the history of a seed: 10 events, and fewer than `most` others. */
export const history = (seed: number, most: number): Effect.Effect<Outcome, unknown> => {
  const { below, some } = randomOf(seed + 1)
  const startAt = Date.UTC(2026, 0, 1)
  const kind = (["on", "on", "on", "late", "off", "cut"] as const)[below(6)] ?? "on"
  const client = CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.none })
  const begun = { type: "organization.updated", effective_at: startAt / 1000 - 365 * 86_400 }
  const fake = FakePermissions.layer({
    strictFaults: false,
    seed: Object.fromEntries(
      entries.map((id, at) => [
        id,
        some(projects, 0.5).map((project_id, n) => ({
          id: `cp_${at}${n}`,
          project_id,
          created_at: startAt / 1000 - 86_400
        }))
      ])
    ),
    organization: { events: kind === "cut" ? [] : [begun] },
    behavior: {
      dashboardEvents: 1,
      auditLog: kind === "off" ? "off" : "on",
      auditLag: kind === "late" ? lateness : 0,
      latency: "100 millis"
    }
  })
  return VirtualClock.run(
    Effect.provide(run(seed, most, { kind }), Layer.provideMerge(Access.layer, Layer.provideMerge(client, fake))),
    { startAt }
  )
}
