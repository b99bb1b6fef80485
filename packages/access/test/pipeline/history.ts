/**
 * Random histories of a pipeline over the real plan, selection and apply: pull requests that are planned, stale,
 * incomplete or reverted, pushes without one, changes by hand, applies that fail, are cancelled or lost, days, schedules
 * and manual runs. The server is the fake, in virtual time.
 */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { DateTime, Deferred, Effect, Either, Layer, Redacted, Stream } from "effect"
import { Access, AccessPlan, type AccessPolicy, type AccessStep, AppliedAccess } from "../../src/index.ts"
import { make as randomOf } from "../nights/random.ts"

const entries = ["e1", "e2", "e3", "e4"].map((name) =>
  Identifiers.CheckpointId.make(`ft:gpt-4o-mini-2024-07-18:org:${name}:A`)
)
const projects = ["proj_a", "proj_b", "proj_c", "proj_d"].map((id) => Identifiers.ProjectId.make(id))

type EntryId = (typeof entries)[number]
type Project = (typeof projects)[number]

/** An entry of a policy: the last day of each project, or `null`. */
interface Entry {
  readonly mode: "exact" | "at-least"
  readonly access: ReadonlyMap<Project, string | null>
}

type Policy = ReadonlyMap<EntryId, Entry>

const meaningOf = (entry: Entry | undefined): string =>
  entry === undefined ? "" : JSON.stringify([entry.mode, [...entry.access].sort()])

const policyOf = (policy: Policy): AccessPolicy.AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(
    [...policy].map(([id, { access, mode }]) => [
      id,
      { mode, projects: [...access].map(([one, until]) => (until === null ? one : { project: one, until })) }
    ])
  )
})

/** A change of a policy. */
type Edit = (policy: Map<EntryId, Entry>) => void

const edited = (policy: Policy, edits: ReadonlyArray<Edit>): Policy => {
  const changed = new Map(policy)
  for (const edit of edits) edit(changed)
  return changed
}

interface Pull {
  readonly number: number
  edits: ReadonlyArray<Edit>
  head: number
  plan: { readonly head: number; readonly plan: AccessPlan.AccessPlan } | undefined
  isMerged: boolean
}

interface Commit {
  readonly policy: Policy
  /** The plan of its pull request, if it was made for the merged head. */
  readonly plan: AccessPlan.AccessPlan | undefined
}

/** The rules that a history can break. */
export type Rule = "a" | "a2" | "b" | "bA" | "PR" | "d"

export interface Outcome {
  readonly violations: ReadonlyArray<{ readonly rule: Rule; readonly detail: string }>
  readonly steps: number
  readonly runs: number
  /** Steps that were left out. */
  readonly left: number
}

/** Returns a step as text, as a review shows it. */
const textOf = ({ checkpoint, permission, project }: AppliedAccess.Step): string =>
  permission === undefined ? `+ ${project} ${checkpoint}` : `- ${project} ${permission} ${checkpoint}`

const cellOf = (entry: string, one: string): string => `${entry} ${one}`

const dayOf = (now: DateTime.Utc, days = 0): string => DateTime.formatIsoDateUtc(DateTime.add(now, { days }))

/** Runs a history of 10 events and fewer than `most` others. Returns the broken rules. */
const run = Effect.fnUntraced(function* (seed: number, most: number) {
  const random = randomOf(seed)
  const { below, chance, one } = random
  const fake = yield* FakePermissions.FakePermissions
  const violations: Array<{ readonly rule: Rule; readonly detail: string }> = []
  const violate = (rule: Rule, detail: string) => violations.push({ rule, detail: `seed ${seed}: ${detail}` })
  const counts = { steps: 0, runs: 0, left: 0 }
  let now = 0
  let ids = 0

  /** The last change by hand of each cell that still differs from the pipeline's own. */
  const hand = new Map<string, { readonly kind: "grant" | "revoke"; readonly time: number; readonly id: string }>()
  const everByHand = new Set<string>()
  const changedAt = new Map<string, number>()
  const lost = new Set<string>()
  /** Whether the policy wanted access, for cells at which an apply left the server as the policy asks. */
  const settled = new Map<string, boolean>()
  const shown: Array<{ readonly keys: ReadonlySet<string>; readonly kind: "pull" | "due" | "everything" }> = []
  let lastRun: { readonly cells: ReadonlySet<string>; readonly time: number } | undefined
  let recordFrom = Number.POSITIVE_INFINITY

  const grantByHand = (entry: EntryId, who: Project) =>
    Effect.gen(function* () {
      const id = `cp_hand${++ids}`
      const created_at = Math.floor((yield* DateTime.now).epochMillis / 1000)
      yield* fake.seed({ [entry]: [{ id, project_id: who, created_at }] })
      return id
    })
  const permissionsAt = (entry: EntryId) => fake.permissions(entry)
  const cells = Effect.map(
    Effect.forEach(entries, (entry) =>
      Effect.map(permissionsAt(entry), (all) => all.map(({ project_id }) => cellOf(entry, project_id)))
    ),
    (all) => new Set(all.flat())
  )

  // -- the server before the pipeline, and the first policy: an export of it
  const first = new Map<EntryId, Entry>()
  for (const entry of entries) {
    const access = new Map<Project, null>()
    for (const who of projects) {
      if (!chance(0.4)) continue
      access.set(who, null)
      yield* grantByHand(entry, who)
      if (chance(0.06)) yield* grantByHand(entry, who)
    }
    first.set(entry, { mode: chance(0.15) ? "at-least" : "exact", access })
  }
  const commits: Array<Commit> = [{ policy: first, plan: undefined }]
  const pulls: Array<Pull> = []
  let record: { readonly applied: AppliedAccess.AppliedAccess; readonly commit: number } | undefined
  let isQueued = false
  let approval: AccessPlan.AccessPlan | undefined
  const tip = (): Commit => commits[commits.length - 1] ?? { policy: first, plan: undefined }

  const commit = (policy: Policy, plan: AccessPlan.AccessPlan | undefined) => {
    const before = tip().policy
    now += 1
    for (const cell of settled.keys()) {
      // an entry that is added again is new
      if (!entries.some((entry) => policy.has(entry) && cell.startsWith(`${entry} `))) settled.delete(cell)
    }
    commits.push({ policy, plan })
    for (const entry of entries)
      if (meaningOf(before.get(entry)) !== meaningOf(policy.get(entry))) changedAt.set(entry, now)
    isQueued = true
  }

  const randomEdits = (today: DateTime.Utc): ReadonlyArray<Edit> => {
    const entry = one(entries)
    const change =
      (f: (entry: Entry) => Entry): Edit =>
      (policy) =>
        policy.set(entry, f(policy.get(entry) ?? { mode: "exact", access: new Map() }))
    const add = (until: string | null) => {
      const who = one(projects)
      return change(({ access, mode }) => ({ mode, access: new Map([...access, [who, until]]) }))
    }
    const remove = () => {
      const who = one(projects)
      return change(({ access, mode }) => ({ mode, access: new Map([...access].filter(([id]) => id !== who)) }))
    }
    const toggle = () => change(({ access, mode }) => ({ mode: mode === "exact" ? "at-least" : "exact", access }))
    const any = (): Edit => {
      const kind = below(6)
      if (kind < 2) return add(null)
      if (kind < 4) return remove()
      return kind === 4 ? add(dayOf(today, below(4) - 1)) : toggle()
    }
    if (chance(0.05)) return [(policy) => policy.delete(entry)]
    const last = commits.length - 1
    if (chance(0.15) && last > 0) {
      const at = Math.max(1, last - below(Math.min(3, last)))
      const [was, is] = [commits[at - 1]?.policy ?? first, commits[at]?.policy ?? first]
      return entries
        .filter((id) => meaningOf(was.get(id)) !== meaningOf(is.get(id)))
        .map((id): Edit => {
          const former = was.get(id)
          return (policy) => (former === undefined ? policy.delete(id) : policy.set(id, former))
        })
    }
    return chance(0.3) ? [any(), any()] : [any()]
  }

  /** Lets the listings of some checkpoints fail during an effect. */
  const withUnread = <A, E, R>(probability: number, self: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const unread = random.some(entries, probability)
      const entriesOf = unread.map(
        (one) => ({ fault: Faults.error(400), operation: "list", checkpoint: one, times: 99 }) as const
      )
      yield* fake.setFaults(Faults.scripted(entriesOf))
      const result = yield* self
      yield* fake.setFaults(Faults.none)
      return result
    })

  const saved = ({ snapshots: _, ...plan }: AccessPlan.AccessPlan): AccessPlan.AccessPlan => plan

  const planPull = (pull: Pull, isClean = false) =>
    Effect.gen(function* () {
      const base = policyOf(tip().policy)
      const head = policyOf(edited(tip().policy, pull.edits))
      const scope = Either.getOrThrow(AccessPlan.scopeOf(head, base))
      const made = yield* withUnread(isClean ? 0 : 0.04, Access.plan(head, { scope }))
      pull.plan = { head: pull.head, plan: saved(Either.getOrThrow(AccessPlan.withChangesByHand(made, base))) }
    })

  const keysOf = (plan: AccessPlan.AccessPlan): ReadonlySet<string> => new Set(AppliedAccess.stepsOf(plan).map(textOf))

  const merge = (pull: Pull) => {
    const plan = pull.plan?.head === pull.head ? pull.plan.plan : undefined
    pull.isMerged = true
    if (plan !== undefined) shown.push({ keys: keysOf(plan), kind: "pull" })
    commit(edited(tip().policy, pull.edits), plan)
  }

  /** Checks a finished step. */
  const check = (
    step: AppliedAccess.Step,
    isEnded: boolean,
    approved: AccessPlan.AccessPlan | undefined,
    before: typeof record
  ) => {
    counts.steps += 1
    const key = textOf(step)
    const showing = shown.filter(({ keys }) => keys.has(key))
    const isApproved = approved !== undefined && keysOf(approved).has(key)
    const cell = cellOf(step.checkpoint, step.project)
    if (!isEnded && !isApproved && showing.length === 0) violate("a", key)
    const change = hand.get(cell)
    if (change === undefined || (changedAt.get(step.checkpoint) ?? 0) > change.time) return
    const isReverting =
      step.permission === undefined
        ? change.kind === "revoke"
        : change.kind === "grant" && change.id === step.permission
    if (!isReverting || showing.some(({ kind }) => kind === "everything")) return
    const wasThere = lastRun?.cells.has(cell) === (step.permission !== undefined)
    if (lastRun !== undefined && wasThere && change.time > lastRun.time) return // the changes by hand since then cancel out
    if (isApproved && change.time <= recordFrom) return
    if (showing.some(({ kind }) => kind === "due") || isApproved) {
      const isSettled = settled.get(cell) === (step.permission === undefined)
      if (isApproved && before !== undefined && isSettled) violate("bA", key)
      return
    }
    if (!lost.has(cell)) violate("b", key)
  }

  const runPipeline = (approved?: AccessPlan.AccessPlan, isClean = false) =>
    Effect.gen(function* () {
      counts.runs += 1
      const fault = isClean
        ? "none"
        : ((x) =>
            x < 68
              ? "none"
              : x < 80
                ? "entries"
                : x < 90
                  ? "cancel"
                  : x < 93
                    ? "lost"
                    : x < 96
                      ? "lost reply"
                      : "none")(below(100))
      const after = below(3)
      const { policy: wanted } = tip()
      const at = commits.length - 1
      const before = record
      const reviewed = [
        ...commits.slice((before?.commit ?? at - 1) + 1).flatMap(({ plan }) => plan ?? []),
        ...(approved === undefined ? [] : [approved])
      ]
      const applied = before?.applied ?? AppliedAccess.empty
      const policy = policyOf(wanted)
      const day = dayOf(yield* DateTime.now)
      const scope = Either.getOrThrow(AppliedAccess.scopeOf(policy, { applied, day, reviewed }))
      const planned = yield* withUnread(isClean ? 0 : 0.02, Access.plan(policy, { scope }))
      const selected = AppliedAccess.select(planned, { applied, reviewed })
      counts.left += selected.unreviewed.length + selected.byHand.length
      const duplicates = new Set(planned.checkpoints.flatMap((one) => one.duplicates.map(({ id }) => id)))
      const ended = new Set(
        planned.checkpoints.flatMap(({ revokes }) =>
          revokes.flatMap(({ permission, reason }) => (reason === "ended" ? [permission.id] : []))
        )
      )
      if (fault === "entries") {
        const failing = random.some(entries, 0.5)
        yield* fake.setFaults(
          Faults.scripted(
            failing.flatMap((one) =>
              (["create", "delete"] as const).map((operation) => ({
                fault: Faults.error(500),
                operation,
                checkpoint: one,
                nth: 1 + below(2),
                times: 99
              }))
            )
          )
        )
      }
      if (fault === "lost reply")
        yield* fake.setFaults(Faults.scripted([{ fault: Faults.dropAfter(), operation: one(["create", "delete"]) }]))
      const stop = yield* Deferred.make<void>()
      if ((fault === "cancel" || fault === "lost") && after === 0) yield* Deferred.succeed(stop, undefined)
      const steps: Array<AccessStep.AccessStep> = []
      let changes = 0
      yield* Access.apply(selected.plan, {
        concurrency: 1,
        ...(fault === "cancel" || fault === "lost" ? { stop: Deferred.await(stop) } : {})
      }).pipe(
        Stream.runForEach((step) =>
          Effect.suspend(() => {
            steps.push(step)
            if (step._tag !== "Granted" && step._tag !== "Revoked") return Effect.void
            const { checkpoint, permission, project_id: who } = step
            if (duplicates.has(permission)) return Effect.void // no project loses access
            check(
              step._tag === "Granted" ? { checkpoint, project: who } : { checkpoint, project: who, permission },
              ended.has(permission),
              approved,
              before
            )
            if (fault === "lost") lost.add(cellOf(checkpoint, who))
            changes += 1
            return changes === after ? Deferred.succeed(stop, undefined) : Effect.void
          })
        ),
        Effect.either
      )
      yield* fake.setFaults(Faults.none)
      if (fault === "lost") return
      lastRun = { cells: yield* cells, time: now }
      const unread = new Set(planned.unread.map(({ checkpoint }) => checkpoint))
      for (const entry of scope.changed) {
        if (unread.has(entry)) continue
        for (const who of projects) {
          const change = hand.get(cellOf(entry, who))
          const until = wanted.get(entry)?.access.get(who)
          const isWanted = until !== undefined && (until === null || until >= day)
          const isThere = lastRun.cells.has(cellOf(entry, who))
          if (isThere === isWanted) settled.set(cellOf(entry, who), isWanted)
          if (change !== undefined && (change.kind === "grant") === isThere && isThere === isWanted)
            hand.delete(cellOf(entry, who))
        }
      }
      if (before === undefined) recordFrom = now
      record = { applied: AppliedAccess.after(applied, selected, steps), commit: at }
    })

  /** The plan of a manual run: the due steps, or all. */
  const manualPlan = (isEverything: boolean) =>
    Effect.gen(function* () {
      const policy = policyOf(tip().policy)
      const applied = record?.applied ?? AppliedAccess.empty
      if (isEverything) return saved(AppliedAccess.everything(yield* Access.plan(policy), applied))
      const scope = Either.getOrThrow(
        AppliedAccess.scopeOf(policy, { applied, day: dayOf(yield* DateTime.now), reviewed: [] })
      )
      return saved(AppliedAccess.due(yield* Access.plan(policy, { scope }), applied))
    })

  const approve = (plan: AccessPlan.AccessPlan, isClean = false) => {
    shown.push({ keys: keysOf(plan), kind: plan.scope === undefined ? "everything" : "due" })
    return runPipeline(plan, isClean)
  }

  const changeByHand = Effect.gen(function* () {
    const [entry, who] = [one(entries), one(projects)]
    const cell = cellOf(entry, who)
    now += 1
    const there = (yield* permissionsAt(entry)).filter(({ project_id }) => project_id === who)
    const former = hand.get(cell)
    if (chance(0.5) && there.length > 0) {
      yield* Effect.forEach(there, ({ id }) => fake.remove(entry, id))
      if (former?.kind === "grant" && there.every(({ id }) => id === former.id)) hand.delete(cell)
      else hand.set(cell, { kind: "revoke", time: now, id: "" })
    } else {
      const id = yield* grantByHand(entry, who)
      if (there.length === 0) hand.set(cell, { kind: "grant", time: now, id })
    }
    everByHand.add(cell)
  })

  // -- the history
  yield* runPipeline(undefined, chance(0.8))
  isQueued = false
  for (let left = 10 + below(most); left > 0; left--) {
    now += 1
    yield* Effect.sleep("1 minute")
    const open = pulls.filter(({ isMerged }) => !isMerged)
    const x = below(100)
    const today = yield* DateTime.now
    if (x < 20 || (open.length === 0 && x < 50)) {
      const pull: Pull = {
        number: pulls.length + 1,
        edits: randomEdits(today),
        head: 0,
        plan: undefined,
        isMerged: false
      }
      pulls.push(pull)
      if (chance(0.8)) yield* planPull(pull)
    } else if (x < 28) yield* planPull(one(open))
    else if (x < 32) {
      const pull = one(open)
      pull.head += 1
      pull.edits = [...pull.edits, ...randomEdits(today)]
    } else if (x < 55 && open.length > 0) merge(one(open))
    else if (x < 58) commit(edited(tip().policy, randomEdits(today)), undefined)
    else if (x < 65) yield* changeByHand
    else if (x < 70) yield* Effect.sleep("1 day")
    else if (x < 74) yield* runPipeline()
    else if (x < 77) approval = yield* manualPlan(chance(0.25))
    else if (x < 80 && approval !== undefined) {
      const plan = approval
      approval = undefined
      if (chance(0.85)) yield* approve(plan)
    } else if (isQueued) {
      isQueued = false
      if (chance(0.95)) yield* runPipeline()
    }
  }

  // -- a fresh pull request is planned, merged and applied without failures
  if (isQueued) yield* runPipeline(undefined, true)
  const { policy } = tip()
  const entry = one(entries)
  const free = projects.filter((who) => typeof policy.get(entry)?.access.get(who) !== "string")
  const who = one(free.length === 0 ? projects : free)
  const isRemoved = policy.get(entry)?.access.has(who) === true
  const edit: Edit = (all) => {
    const { access, mode } = all.get(entry) ?? { mode: "exact" as const, access: new Map<Project, string | null>() }
    const others = [...access].filter(([id]) => id !== who)
    all.set(entry, { mode, access: new Map(isRemoved ? others : [...others, [who, null]]) })
  }
  const pull: Pull = { number: 999, edits: [edit], head: 0, plan: undefined, isMerged: false }
  yield* planPull(pull, true)
  now += 1
  merge(pull)
  yield* runPipeline(undefined, true)
  const isThere = (yield* cells).has(cellOf(entry, who))
  const isKept = isRemoved && tip().policy.get(entry)?.mode === "at-least"
  if (isThere === isRemoved && !isKept) violate("PR", cellOf(entry, who))

  // -- a schedule and a manual run without failures leave no difference, except by hand
  yield* runPipeline(undefined, true)
  yield* approve(yield* manualPlan(false), true)
  const day = dayOf(yield* DateTime.now)
  const present = yield* cells
  for (const [id, { access, mode }] of tip().policy) {
    for (const who of projects) {
      const cell = cellOf(id, who)
      const until = access.get(who)
      const isWanted = until !== undefined && (until === null || until >= day)
      const differs = isWanted ? !present.has(cell) : mode === "exact" && present.has(cell)
      if (differs && !everByHand.has(cell) && !lost.has(cell)) violate("d", cell)
    }
  }
  return { violations, ...counts } satisfies Outcome
})

const layer = Access.layer.pipe(
  Layer.provide(
    CheckpointPermissions.layer({
      adminKey: Redacted.make("sk-admin-test"),
      pacing: Pacing.none,
      retry: RetryPolicy.none
    })
  ),
  Layer.provideMerge(FakePermissions.layer({ seed: {} }))
)

/** Runs the history of a seed, with 10 events and fewer than `most` others. */
export const history = (seed: number, most: number): Effect.Effect<Outcome, unknown> =>
  VirtualClock.run(Effect.provide(run(seed, most), layer), { startAt: Date.UTC(2026, 0, 11, 8) })
