/**
 * Random histories of a pipeline over the real plan, selection and apply: pull requests that are planned, stale,
 * incomplete, reverted, merged by another one, or against an invalid base; pushes without one; changes by hand, also
 * during an apply; applies that fail, are cancelled or lost; records that are older or removed; approvals that are used
 * twice; logs that cannot be read; days, schedules and manual runs. The server is the fake, in virtual time.
 */
import { CheckpointPermissions, Organization, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { DateTime, Deferred, Effect, Either, Layer, Redacted, Stream } from "effect"
import { Access, AccessPlan, type AccessPolicy, type AccessStep, AppliedAccess } from "../../src/index.ts"
import { make as randomOf } from "../nights/random.ts"

const entries = ["e1", "e2", "e3", "e4"].map((name) => CheckpointId.make(`ft:gpt-4o-mini-2024-07-18:org:${name}:A`))
const projects = ["proj_a", "proj_b", "proj_c", "proj_d"].map((id) => ProjectId.make(id))

type EntryId = (typeof entries)[number]
type Project = (typeof projects)[number]

/** An entry of a policy: the last day of each project, or `null`. */
interface Entry {
  readonly mode: "exact" | "at-least"
  readonly owner?: Project | undefined
  readonly access: ReadonlyMap<Project, string | null>
}

/** Returns true if nothing revokes the access of a project, whose access has no end then. */
const isKeptBy = (entry: Entry | undefined, who: Project): boolean => entry?.mode === "at-least" || entry?.owner === who

/** Returns an entry without the ends that a policy refuses. */
const valid = ({ access, ...entry }: Entry): Entry => ({
  ...entry,
  access: new Map([...access].map(([who, until]) => [who, isKeptBy({ access, ...entry }, who) ? null : until]))
})

type Policy = ReadonlyMap<EntryId, Entry>

const meaningOf = (entry: Entry | undefined): string =>
  entry === undefined ? "" : JSON.stringify([entry.mode, entry.owner, [...entry.access].sort()])

const policyOf = (policy: Policy): AccessPolicy.AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(
    [...policy].map(([id, { access, mode, owner }]) => [
      id,
      {
        mode,
        ...(owner === undefined ? {} : { owner }),
        projects: [...access].map(([one, until]) => (until === null ? one : { project: one, until }))
      }
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
  plan: { readonly head: number; readonly shown: Shown } | undefined
  isMerged: boolean
}

/** A plan, and what a reviewer sees in it. Times are Unix milliseconds. */
interface Shown {
  readonly plan: AccessPlan.AccessPlan
  readonly at: number
  readonly keys: ReadonlySet<string>
  /** The ends of access that it shows, by cell. */
  readonly ends: ReadonlyMap<string, string | null>
}

interface Commit {
  readonly policy: Policy
  /** The plan of its pull request, if it was made for the merged head. */
  readonly plan: AccessPlan.AccessPlan | undefined
}

/**
 * The rules that a history can break: `a`, each step was shown in a merged or approved plan; `b`, a change by hand is
 * reverted only by a plan that was made after it; `bA`, no default manual run shows one; `e`, an end that was not shown is
 * not recorded; `PR`, a planned merge is applied; `d`, in the end no difference is left.
 */
export type Rule = "a" | "b" | "bA" | "e" | "PR" | "d"

/** How often something happened in histories, by its name. */
export type Kinds = Readonly<Record<string, number>>

export interface Outcome {
  readonly violations: ReadonlyArray<{ readonly rule: Rule; readonly detail: string }>
  readonly kinds: Kinds
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
  const kinds: Record<string, number> = {}
  const count = (kind: string, by = 1) => {
    kinds[kind] = (kinds[kind] ?? 0) + by
  }
  const clock = Effect.map(DateTime.now, ({ epochMillis }) => epochMillis)
  let ids = 0

  /** The last change by hand of each cell that still differs from the pipeline's own. */
  const hand = new Map<string, { readonly kind: "grant" | "revoke"; readonly time: number; readonly id: string }>()
  const everByHand = new Set<string>()
  const lost = new Set<string>()
  /** The grants of applies, of which a person revokes the last one more often than others. */
  const granted: Array<readonly [EntryId, Project]> = []
  /** Whether the policy wanted access, for cells at which an apply left the server as the policy asks. */
  const settled = new Map<string, boolean>()
  /** The plans that a merge or an approval has confirmed. */
  const shown: Array<Shown> = []
  /** The ends of each cell that a confirmed plan or the first record has. */
  const ends = new Map<string, Set<string | null>>()
  const addEnd = (cell: string, until: string | null) => ends.set(cell, (ends.get(cell) ?? new Set()).add(until))
  const confirm = (plan: Shown) => {
    shown.push(plan)
    for (const [cell, until] of plan.ends) addEnd(cell, until)
  }

  /** Grants access, with an event in the log. A second permission of a project has none. */
  const grantByHand = (entry: EntryId, who: Project) =>
    Effect.gen(function* () {
      const isThere = (one: { readonly project_id: string }) => one.project_id === who
      if ((yield* fake.permissions(entry)).some(isThere)) {
        const created_at = Math.floor((yield* clock) / 1000)
        yield* fake.seed({ [entry]: [{ id: `cp_hand${++ids}`, project_id: who, created_at }] })
        return ""
      }
      yield* fake.grant(entry, who)
      return (yield* fake.permissions(entry)).find(isThere)?.id ?? ""
    })
  const permissionsAt = (entry: EntryId) => fake.permissions(entry)
  const cells = Effect.map(
    Effect.forEach(entries, (entry) =>
      Effect.map(permissionsAt(entry), (all) => all.map(({ project_id }) => cellOf(entry, project_id)))
    ),
    (all) => new Set(all.flat())
  )

  // -- the server before the pipeline, and the first policy: an export of it
  const exported = new Map<EntryId, Entry>()
  for (const entry of entries) {
    const access = new Map<Project, null>()
    for (const who of projects) {
      if (!chance(0.4)) continue
      access.set(who, null)
      yield* grantByHand(entry, who)
      if (chance(0.06)) yield* grantByHand(entry, who)
    }
    exported.set(entry, { mode: chance(0.15) ? "at-least" : "exact", access })
  }
  const commits: Array<Commit> = [{ policy: exported, plan: undefined }]
  const pulls: Array<Pull> = []
  let record: { readonly applied: AppliedAccess.AppliedAccess; readonly commit: number } | undefined
  /** Earlier records, and true if one of them was used again or the record was removed. */
  const records: Array<NonNullable<typeof record>> = []
  let isStale = false
  let isQueued = false
  let approval: Shown | undefined
  const approvals: Array<Shown> = []
  const tip = (): Commit => commits[commits.length - 1] ?? { policy: exported, plan: undefined }

  const commit = (policy: Policy, plan: AccessPlan.AccessPlan | undefined) => {
    for (const cell of settled.keys()) {
      // an entry that is added again is new
      if (!entries.some((entry) => policy.has(entry) && cell.startsWith(`${entry} `))) settled.delete(cell)
    }
    commits.push({ policy, plan })
    isQueued = true
  }

  const randomEdits = (today: DateTime.Utc): ReadonlyArray<Edit> => {
    const entry = one(entries)
    const change =
      (f: (entry: Entry) => Entry): Edit =>
      (policy) =>
        policy.set(entry, valid(f(policy.get(entry) ?? { mode: "exact", access: new Map() })))
    const add = (until: string | null) => {
      const who = one(projects)
      return change(({ access, ...rest }) => ({ ...rest, access: new Map([...access, [who, until]]) }))
    }
    const remove = (who = one(projects)) =>
      change(({ access, ...rest }) => ({ ...rest, access: new Map([...access].filter(([id]) => id !== who)) }))
    /** Changes the mode or the owner, and often no longer lists a project whose access stays by that. */
    const toggle = (): Edit => {
      const who = one(projects)
      const isOwner = chance(0.3)
      const without = chance(0.5) ? remove(who) : () => {}
      const other = change(({ mode, owner, ...rest }) =>
        isOwner
          ? { mode, owner: owner === undefined ? who : undefined, ...rest }
          : { mode: mode === "exact" ? "at-least" : "exact", owner, ...rest }
      )
      return (policy) => {
        without(policy)
        other(policy)
      }
    }
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
      const [was, is] = [commits[at - 1]?.policy ?? exported, commits[at]?.policy ?? exported]
      return entries
        .filter((id) => meaningOf(was.get(id)) !== meaningOf(is.get(id)))
        .map((id): Edit => {
          const former = was.get(id)
          return (policy) => (former === undefined ? policy.delete(id) : policy.set(id, former))
        })
    }
    return chance(0.3) ? [any(), any()] : [any()]
  }

  /** Takes an end of access away, by the mode of its entry or by its owner. */
  const withoutEnd = (): Edit => {
    const isOwner = chance(0.5)
    return (policy) => {
      for (const [entry, { access, mode, owner }] of policy) {
        const [who] = [...access].find(([, until]) => until !== null) ?? []
        if (who === undefined) continue
        const others = new Map([...access].filter(([id]) => id !== who))
        const kept = isOwner ? { mode, owner: who } : { mode: "at-least" as const, owner }
        policy.set(entry, valid({ ...kept, access: others }))
        count("ends taken away")
        return
      }
    }
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

  const keysOf = (plan: AccessPlan.AccessPlan): ReadonlySet<string> => new Set(AppliedAccess.stepsOf(plan).map(textOf))

  /** Returns what a plan of a policy shows: its steps, and the ends of its grants and of cells that differ from `base`. */
  const shownBy = (at: number, plan: AccessPlan.AccessPlan, policy: Policy, base: Policy): Shown => {
    const granted = new Set(plan.checkpoints.flatMap((one) => one.grants.map((who) => cellOf(one.checkpoint, who))))
    const cells = [...policy].flatMap(([entry, { access, mode, owner }]) => {
      const former = base.get(entry)
      const listed = [...access].filter(
        ([who, until]) => former?.access.get(who) !== until || granted.has(cellOf(entry, who))
      )
      const kept = projects.filter(
        (who) => (mode === "at-least" && former?.mode !== mode) || (owner === who && former?.owner !== who)
      )
      return [...listed, ...kept.map((who) => [who, null] as const)].map(
        ([who, until]) => [cellOf(entry, who), until] as const
      )
    })
    return { plan: saved(plan), at, keys: keysOf(plan), ends: new Map(cells) }
  }

  const planPull = (pull: Pull, isClean = false) =>
    Effect.gen(function* () {
      const x = isClean ? 0 : below(100)
      const kind = x < 94 ? "valid" : x < 97 ? "invalid" : "missing"
      if (kind !== "valid") count(`${kind} base`)
      const at = yield* clock
      const former: Policy = kind === "valid" ? tip().policy : new Map()
      const policy = edited(tip().policy, pull.edits)
      const [base, head] = [policyOf(former), policyOf(policy)]
      const differing = Either.getOrThrow(AccessPlan.scopeOf(head, base))
      const scope = kind === "invalid" ? { ...differing, invalidBase: true as const } : differing
      const made = yield* withUnread(isClean ? 0 : 0.04, Access.plan(head, { scope }))
      // steps are marked against the policy itself if its base is invalid
      const plan = Either.getOrThrow(AccessPlan.withUnexplained(made, kind === "invalid" ? head : base))
      count("plans")
      pull.plan = { head: pull.head, shown: shownBy(at, plan, policy, former) }
    })

  const merge = (pull: Pull) => {
    const plan = pull.plan?.head === pull.head ? pull.plan.shown : undefined
    pull.isMerged = true
    count(plan === undefined ? "merges without a plan" : "planned merges")
    if (plan !== undefined) confirm(plan)
    commit(edited(tip().policy, pull.edits), plan?.plan)
  }

  /** Checks a finished step. */
  const check = (
    step: AppliedAccess.Step,
    isEnded: boolean,
    approved: Shown | undefined,
    { before, isChecked }: { readonly before: typeof record; readonly isChecked: boolean }
  ) => {
    count("steps")
    const key = textOf(step)
    const showing = shown.filter(({ keys }) => keys.has(key))
    const cell = cellOf(step.checkpoint, step.project)
    const until = before?.applied.access[step.checkpoint]?.[step.project] ?? null
    if (!isEnded && showing.length === 0) violate("a", key)
    if (isEnded && showing.length === 0 && ends.get(cell)?.has(until) !== true) violate("e", `${key} ended on ${until}`)
    const change = hand.get(cell)
    const isReverting =
      step.permission === undefined
        ? change?.kind === "revoke"
        : change?.kind === "grant" && change.id === step.permission
    if (change === undefined || !isReverting || isEnded) return
    if (!showing.some(({ at }) => at > change.time)) {
      if (isChecked) violate("b", key)
      else count("reverted without the log")
      return
    }
    const isSettled = settled.get(cell) === (step.permission === undefined)
    const isDefault = approved?.keys.has(key) === true && approved.plan.scope?.due === true
    if (isDefault && isSettled && !isStale) violate("bA", key)
  }

  /** Changes access by hand: at a random cell, or that of the last grant of an apply. */
  const changeByHand = (at = chance(0.4) ? granted.at(-1) : undefined) =>
    Effect.gen(function* () {
      const [entry, who] = at ?? [one(entries), one(projects)]
      const cell = cellOf(entry, who)
      yield* Effect.sleep("5 seconds")
      const time = yield* clock
      count("changes by hand")
      const there = (yield* permissionsAt(entry)).filter(({ project_id }) => project_id === who)
      if (chance(at === undefined ? 0.5 : 0.9) && there.length > 0) {
        yield* Effect.forEach(there, ({ id }) => fake.remove(entry, id))
        hand.set(cell, { kind: "revoke", time, id: "" })
      } else {
        const id = yield* grantByHand(entry, who)
        if (there.length === 0) hand.set(cell, { kind: "grant", time, id })
      }
      everByHand.add(cell)
    })

  const runPipeline = (approved?: Shown, isClean = false) =>
    Effect.gen(function* () {
      count("runs")
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
      count(`runs, ${fault}`)
      const after = below(3)
      const { policy: wanted } = tip()
      const at = commits.length - 1
      const before = record
      const reviewed = [
        ...commits.slice((before?.commit ?? at - 1) + 1).flatMap(({ plan }) => plan ?? []),
        ...(approved === undefined ? [] : [approved.plan])
      ]
      const applied = before?.applied ?? AppliedAccess.empty
      const policy = policyOf(wanted)
      const day = dayOf(yield* DateTime.now)
      const scope = Either.getOrThrow(AppliedAccess.scopeOf(policy, { applied, day, reviewed }))
      const planned = yield* withUnread(isClean ? 0 : 0.02, Access.plan(policy, { scope }))
      const { logFrom } = AppliedAccess.select(planned, { applied, reviewed })
      const isChecked = isClean || !chance(0.03)
      if (!isChecked) count("runs without the log")
      const log = logFrom !== undefined && isChecked ? (yield* AppliedAccess.readLog(logFrom)).changes : undefined
      const selected = AppliedAccess.select(planned, { applied, reviewed, log })
      count("left out", selected.unreviewed.length + selected.byHand.length)
      count("revoked since the plan", selected.revokedSince.length)
      count("ends not reviewed", selected.ends.length)
      if (!isClean && chance(0.1)) {
        count("changes by hand during an apply")
        yield* changeByHand()
      }
      const duplicates = new Set(planned.checkpoints.flatMap((one) => one.duplicates.map(({ id }) => id)))
      const ended = new Set(
        planned.checkpoints.flatMap(({ checkpoint, revokes }) =>
          revokes.flatMap(({ permission: { id, project_id: who } }) =>
            (applied.access[checkpoint]?.[who] ?? day) < day ? [id] : []
          )
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
      const seen = new Set(
        planned.checkpoints.flatMap((one) => one.found.map((each) => cellOf(one.checkpoint, each.project_id)))
      )
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
              { before, isChecked }
            )
            if (fault === "lost") lost.add(cellOf(checkpoint, who))
            if (step._tag === "Granted") granted.push([checkpoint, who])
            seen[step._tag === "Granted" ? "add" : "delete"](cellOf(checkpoint, who))
            changes += 1
            return changes === after ? Deferred.succeed(stop, undefined) : Effect.void
          })
        ),
        Effect.either
      )
      yield* fake.setFaults(Faults.none)
      if (fault === "lost") return
      const present = yield* cells
      const unread = new Set(planned.unread.map(({ checkpoint }) => checkpoint))
      for (const entry of scope.changed) {
        if (unread.has(entry)) continue
        for (const who of projects) {
          const change = hand.get(cellOf(entry, who))
          const until = wanted.get(entry)?.access.get(who)
          const isWanted = until !== undefined && (until === null || until >= day)
          const isThere = present.has(cellOf(entry, who))
          // an apply does not see a change by hand after its listing
          const isSeen = seen.has(cellOf(entry, who))
          // the mode at-least records what it lists, so a revoke is due when the entry is exact again
          if (isKeptBy(wanted.get(entry), who) && isSeen) settled.delete(cellOf(entry, who))
          else if (isSeen === isWanted) settled.set(cellOf(entry, who), isWanted)
          if (change !== undefined && (change.kind === "grant") === isThere && isThere === isWanted)
            hand.delete(cellOf(entry, who))
        }
      }
      const next = AppliedAccess.after(applied, selected, steps)
      for (const [entry, access] of Object.entries(next.access)) {
        for (const [who, until] of Object.entries(access)) {
          const cell = cellOf(entry, who)
          const former = before?.applied.access[CheckpointId.make(entry)]?.[ProjectId.make(who)]
          if (Object.keys(applied.access).length === 0) addEnd(cell, until)
          else if (until !== (former ?? null) && ends.get(cell)?.has(until) !== true) violate("e", `${cell} ${until}`)
        }
      }
      // a recorded end is lost with the access only, and one that has passed is revoked or listed
      const named = new Set(
        [...AppliedAccess.stepsOf(selected.plan), ...next.left].map(({ checkpoint, project = "" }) =>
          cellOf(checkpoint, project)
        )
      )
      for (const [entry, access] of Object.entries(before?.applied.access ?? {})) {
        const id = CheckpointId.make(entry)
        if (unread.has(id) || !wanted.has(id)) continue
        for (const [who, until] of Object.entries(access)) {
          const cell = cellOf(entry, who)
          if (until === null || !seen.has(cell) || hand.has(cell)) continue
          const later = next.access[id]?.[ProjectId.make(who)]
          if (later === undefined) violate("e", `${cell} ${until} lost`)
          else if (later !== null && later < day && !named.has(cell)) violate("e", `${cell} ${until} passed`)
        }
      }
      record = { applied: next, commit: at }
      records.push(record)
    })

  /** The plan of a manual run: the due steps, or all. */
  const manualPlan = (isEverything: boolean) =>
    Effect.gen(function* () {
      const at = yield* clock
      const policy = policyOf(tip().policy)
      const applied = record?.applied ?? AppliedAccess.empty
      const of = (plan: AccessPlan.AccessPlan) => shownBy(at, plan, tip().policy, new Map())
      if (isEverything) return of(AppliedAccess.everything(yield* Access.plan(policy), applied))
      const scope = Either.getOrThrow(
        AppliedAccess.scopeOf(policy, { applied, day: dayOf(yield* DateTime.now), reviewed: [] })
      )
      return of(AppliedAccess.due(yield* Access.plan(policy, { scope }), applied))
    })

  const approve = (plan: Shown, isClean = false) => {
    confirm(plan)
    approvals.push(plan)
    count("approvals")
    return runPipeline(plan, isClean)
  }

  /** Something that the rules of a pipeline exclude, or that a person does to its artifacts. */
  const unusual = (open: ReadonlyArray<Pull>) =>
    Effect.gen(function* () {
      const [older, used, first, second] = [records.at(-2 - below(2)), approvals.at(-1), ...open]
      if (chance(0.8)) yield* changeByHand(granted.at(-1))
      switch (below(10)) {
        case 0:
        case 1:
        case 2:
          if (older === undefined) return
          count("older records")
          record = older
          isStale = true
          return yield* runPipeline()
        case 3:
          count("removed records")
          record = undefined
          isStale = true
          return yield* runPipeline()
        case 4:
        case 5:
          if (used === undefined) return
          count("approvals used twice")
          return yield* runPipeline(used)
        case 6: {
          // its artifact is younger than the merge, so it does not count
          const merged = pulls.find(({ isMerged }) => isMerged)
          if (merged === undefined) return
          count("plans after the merge")
          return yield* planPull(merged)
        }
        case 7:
          // the second has the commits of the first, and undoes them: the first has no review
          if (first === undefined || second === undefined) return
          count("merged by another")
          first.isMerged = true
          return merge(second)
        default: {
          // the entries of a second file, which the policy no longer has or has again
          const [was, is] = [commits.at(-2)?.policy ?? exported, tip().policy]
          const some = random.some(entries, 0.5)
          count("sets of files")
          commit(
            edited(is, [
              (policy) => {
                for (const entry of some) {
                  const former = was.get(entry) ?? exported.get(entry)
                  if (policy.has(entry) || former === undefined) policy.delete(entry)
                  else policy.set(entry, former)
                }
              }
            ]),
            undefined
          )
        }
      }
    })

  // -- the history
  yield* runPipeline(undefined, chance(0.8))
  isQueued = false
  for (let left = 10 + below(most); left > 0; left--) {
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
    else if (x < 58) {
      count("pushes")
      commit(edited(tip().policy, chance(0.5) ? [withoutEnd()] : randomEdits(today)), undefined)
    } else if (x < 65) yield* changeByHand()
    else if (x < 70) yield* Effect.sleep("1 day")
    else if (x < 74) yield* runPipeline()
    else if (x < 77) {
      approval = yield* manualPlan(chance(0.4))
      yield* Effect.sleep("1 minute")
      if (chance(0.5)) yield* approve(approval)
    } else if (x < 80 && approval !== undefined) {
      const plan = approval
      approval = undefined
      if (chance(0.85)) yield* approve(plan)
    } else if (isQueued) {
      isQueued = false
      if (chance(0.95)) yield* runPipeline()
      if (chance(0.5)) yield* unusual(open)
    }
    if (chance(0.04)) yield* unusual(open)
  }

  // -- a fresh pull request is planned, merged and applied without failures
  if (isQueued) yield* runPipeline(undefined, true)
  const { policy } = tip()
  const entry = one(entries)
  const free = projects.filter((who) => typeof policy.get(entry)?.access.get(who) !== "string")
  const who = one(free.length === 0 ? projects : free)
  const isRemoved = policy.get(entry)?.access.has(who) === true
  const edit: Edit = (all) => {
    const { access, ...rest } = all.get(entry) ?? { mode: "exact" as const, access: new Map<Project, string | null>() }
    const others = [...access].filter(([id]) => id !== who)
    all.set(entry, { ...rest, access: new Map(isRemoved ? others : [...others, [who, null]]) })
  }
  const pull: Pull = { number: 999, edits: [edit], head: 0, plan: undefined, isMerged: false }
  yield* Effect.sleep("1 minute")
  yield* planPull(pull, true)
  merge(pull)
  yield* runPipeline(undefined, true)
  const isThere = (yield* cells).has(cellOf(entry, who))
  const { mode, owner } = tip().policy.get(entry) ?? {}
  const isKept = (isRemoved && mode === "at-least") || owner === who
  if (isThere === isRemoved && !isKept) violate("PR", cellOf(entry, who))

  // -- a schedule and a manual run without failures leave no difference, except by hand
  yield* runPipeline(undefined, true)
  yield* Effect.sleep("1 minute")
  yield* approve(yield* manualPlan(isStale), true)
  const day = dayOf(yield* DateTime.now)
  const present = yield* cells
  for (const [id, { access, mode, owner }] of tip().policy) {
    for (const who of projects) {
      const cell = cellOf(id, who)
      const until = access.get(who)
      const isWanted = until !== undefined && (until === null || until >= day)
      const differs = isWanted ? !present.has(cell) : mode === "exact" && present.has(cell)
      if (differs && owner !== who && !everByHand.has(cell) && !lost.has(cell)) violate("d", cell)
    }
  }
  return { violations, kinds } satisfies Outcome
})

const options = { adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.none, retry: RetryPolicy.none }

const layer = Access.layer.pipe(
  Layer.provide(CheckpointPermissions.layer(options)),
  Layer.merge(Organization.layer(options)),
  Layer.provideMerge(FakePermissions.layer({ seed: {}, behavior: { dashboardEvents: 1 } }))
)

/** Runs the history of a seed, with 10 events and fewer than `most` others. */
export const history = (seed: number, most: number): Effect.Effect<Outcome, unknown> =>
  VirtualClock.run(Effect.provide(run(seed, most), layer), { startAt: Date.UTC(2026, 0, 11, 8) })
