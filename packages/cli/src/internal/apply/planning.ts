/** Makes the plan of a policy, which `plan` shows and `apply` applies. */

import * as AccessChanges from "@checkpoint-permissions/access/AccessChanges"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Projects from "@checkpoint-permissions/access/Projects"
import * as Organization from "@checkpoint-permissions/client/Organization"
import { nearestCheckpoint } from "@checkpoint-permissions/protocol/nearest"
import { pluralize, printable, singleLine } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Order from "effect/Order"
import type { Signal } from "../command/exitCode.ts"
import { incomplete, wrongUse } from "../command/failure.ts"
import type { Commits } from "../git/commits.ts"
import { checkpointsOf, policyFilesOf, readText } from "../input/document.ts"
import * as Ids from "../input/ids.ts"
import { askTime, checkArchived, checkKnown, checkPolicy } from "../server/projects.ts"
import { matrixOf, planOf } from "../server/reading.ts"
import type { Connection } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"

/** A policy without entries. */
const empty: AccessPolicy.AccessPolicy = { version: 1, checkpoints: {} }

/**
 * Reads the base of a plan. A missing file is an empty policy, and so are files that are not a valid policy: everything
 * is planned then, and no step is known to be in the change. Returns nothing if no file is given.
 */
export const baseOf = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  if (files.length === 0) return undefined
  const fs = yield* FileSystem.FileSystem
  const there = yield* Effect.filter(files, (file) =>
    file === "-" ? Effect.succeed(true) : Effect.orElseSucceed(fs.exists(file), () => true)
  )
  const sources = yield* Effect.forEach(yield* policyFilesOf(there), (file) =>
    Effect.map(readText("policy", file), (text) => ({ file, text }))
  )
  const missing = sources.length === 0 ? files : files.filter((one) => !there.includes(one))
  for (const file of missing) {
    const what = there.includes(file) ? "has no policy" : "does not exist"
    yield* Screen.warn(
      `plan: ${printable(file)} ${what}: ${sources.length === 0 ? "every entry counts" : "its entries count"} as new`
    )
  }
  if (!Arr.isNonEmptyReadonlyArray(sources)) return { base: empty, isValid: true }
  return yield* AccessPolicy.merge(sources).pipe(
    Effect.map((base) => ({ base, isValid: true })),
    Effect.catchTag("InvalidPolicy", ({ message }) =>
      Effect.as(Screen.warn(`plan: the base is not a valid policy, planning everything: ${printable(message)}`), {
        base: empty,
        isValid: false
      })
    )
  )
})

/** A policy, its source texts, and the part to plan. */
export interface Wanted {
  readonly policy: AccessPolicy.AccessPolicy
  readonly sources: ReadonlyArray<AccessPolicy.Source>
  /** Returns the part to plan on a day. Default: all of the policy. */
  readonly scopeOn?: ((day: string) => Either.Either<AccessPlan.PlanScope, AccessPolicy.InvalidPolicy>) | undefined
  /** Called with the diagnostics of a whole policy, before they are the failure. Default: they are only in its message. */
  readonly onDiagnostics?:
    | ((diagnostics: ReadonlyArray<AccessPolicy.Diagnostic>) => Effect.Effect<void, Screen.OutputFailed>)
    | undefined
  /** When this completes, no further request is sent. Checkpoints that were not read are unread in the plan. */
  readonly stop?: Effect.Effect<unknown> | undefined
}

/** Runs a check of projects until `stop` completes. Without the check, no project is known. */
const untilStopped = <E, R>(check: Effect.Effect<Projects.Projects, E, R>, stop: Wanted["stop"] = Effect.never) =>
  Effect.raceFirst(check, Effect.as(stop, Projects.make([], { isComplete: false, failure: "stopped" })))

const dayOf = (now: DateTime.Utc, days = 0): string => DateTime.formatIsoDateUtc(DateTime.add(now, { days }))

/** A day after each end of access. */
const lastDay = "9999-12-31"

/**
 * Returns true if the plan needs no request: no entry is to be planned. The clock of this machine may be wrong, so it is
 * false if access ends later, and the days around count too.
 */
export const needsNothing = Effect.fnUntraced(function* ({ scopeOn }: Wanted) {
  if (scopeOn === undefined) return false
  const now = yield* DateTime.now
  const scopes = yield* Effect.forEach([dayOf(now, -1), dayOf(now), dayOf(now, 1), lastDay], scopeOn)
  return scopes.every(({ changed }) => changed.length === 0)
})

/** Returns a problem for each unknown project with access in these entries on a day, and for each unknown owner. */
const unknownProjects = Effect.fnUntraced(function* (
  policy: AccessPolicy.AccessPolicy,
  checkpoints: ReadonlyArray<string>,
  projects: Projects.Projects,
  day: string
) {
  const ids = yield* Ids.activeIds(policy, day, checkpoints)
  const unknown = new Map(Ids.unknownIn(ids, projects).map(({ id, line }) => [id, line]))
  if (unknown.size === 0) return []
  return yield* Effect.forEach(checkpoints, (checkpoint) =>
    Effect.map(Ids.activeIds(policy, day, [checkpoint]), (ids) =>
      ids.flatMap((project) => {
        const message = unknown.get(project)
        return message === undefined ? [] : [{ checkpoint, project, message }]
      })
    )
  ).pipe(Effect.map((all) => all.flat()))
})

const archivedProjects = ({ checkpoints }: AccessPlan.AccessPlan, projects: Projects.Projects) => {
  const names = Projects.names(projects)
  return checkpoints.flatMap(({ checkpoint, steps }) =>
    AccessPlan.grantsIn(steps).flatMap((project) =>
      Projects.isArchived(projects, project)
        ? [{ checkpoint, project, message: `${Ids.named(project, names)} is archived: remove it` }]
        : []
    )
  )
}

const archivedLocator = (
  policy: AccessPolicy.AccessPolicy,
  sources: ReadonlyArray<AccessPolicy.Source>,
  projects: Projects.Projects
) =>
  Ids.locator(
    policy,
    sources,
    [...projects.byId.keys()].filter((id) => Projects.isArchived(projects, id))
  )

const withProjects = (plan: AccessPlan.AccessPlan, projects: Projects.Projects) => ({
  plan,
  names: Projects.names(projects),
  unchecked: projects.failure
})

/** Plans all of a policy. An unknown or archived project of any entry is an error. */
const planAll = Effect.fnUntraced(function* (command: "plan" | "apply", connection: Connection, wanted: Wanted) {
  const { onDiagnostics, policy, sources, stop } = wanted
  const report = (unknown: Effect.Effect.Success<ReturnType<typeof unknownProjects>>) =>
    onDiagnostics === undefined || unknown.length === 0
      ? Effect.void
      : onDiagnostics(AccessPolicy.diagnosticsOf(sources, unknown))
  const asked = Effect.zipRight(askTime(command, connection), checkKnown(command, connection, policy, sources))
  const known = yield* untilStopped(asked, stop)
  const day = dayOf(yield* connection.time.now)
  yield* report(yield* unknownProjects(policy, Object.keys(policy.checkpoints), known, day))
  const projects = yield* untilStopped(checkPolicy(command, connection, policy, sources), stop)
  const plan = yield* planOf(policy, connection, { stop })
  yield* report(archivedProjects(plan, projects))
  yield* checkArchived(command, projects, plan.checkpoints, yield* archivedLocator(policy, sources, projects))
  return withProjects(plan, projects)
})

/** Plans a part of a policy. An entry with an unknown or archived project is left out. */
const planPart = Effect.fnUntraced(function* (
  command: "plan" | "apply",
  connection: Connection,
  wanted: Wanted,
  scopeOn: NonNullable<Wanted["scopeOn"]>
) {
  const { policy, sources, stop } = wanted
  const asked = Effect.zipRight(askTime(command, connection), checkKnown(command, connection, policy, sources))
  const projects = (yield* needsNothing(wanted))
    ? Projects.make([], { isComplete: false })
    : yield* untilStopped(asked, stop)
  const day = dayOf(yield* connection.time.now)
  const scope = yield* scopeOn(day)
  const diagnostics = AccessPolicy.diagnosticsOf(sources, yield* unknownProjects(policy, scope.changed, projects, day))
  const bad = new Set(diagnostics.map(({ checkpoint }) => checkpoint))
  const rest = { ...scope, changed: scope.changed.filter((checkpoint) => !bad.has(checkpoint)) }
  const planned = AccessPlan.leaveOut(
    { ...(yield* planOf(policy, connection, { scope: rest, stop })), scope },
    diagnostics
  )
  const plan = AccessPlan.leaveOut(planned, AccessPolicy.diagnosticsOf(sources, archivedProjects(planned, projects)))
  yield* checkArchived(command, projects, plan.checkpoints, yield* archivedLocator(policy, sources, projects))
  return withProjects(plan, projects)
})

/** Checks the projects of a policy, then plans it or its part. The plan has the lines of the policy. */
export const planPolicy = (command: "plan" | "apply", connection: Connection, wanted: Wanted) =>
  Effect.map(
    wanted.scopeOn === undefined
      ? planAll(command, connection, wanted)
      : planPart(command, connection, wanted, wanted.scopeOn),
    (planned) => ({ ...planned, plan: AccessPlan.withLines(planned.plan, wanted.sources) })
  )

/** Returns true for a plan of every difference of a whole policy: its commit can be a base. */
export const isWhole = ({ checkpoints, counts, leftOut = [], scope }: AccessPlan.AccessPlan): boolean =>
  scope?.changed.length === scope?.entries &&
  counts.unread + leftOut.length === 0 &&
  checkpoints.every(({ steps }) => steps.every(({ left }) => left === undefined || left === "owns the model"))

/** The part of a plan for commits. */
interface CommitOptions {
  /** Every difference is a step: of the whole policy, or of these checkpoints. */
  readonly all?: ReadonlyArray<string> | undefined
  /** A plan whose steps were approved. */
  readonly approved?: AccessPlan.AccessPlan | undefined
  readonly stop?: Wanted["stop"]
}

/** Returns what a plan for commits reads. */
export const wantedBy = ({ changes, sources }: Commits, { all, approved, stop }: CommitOptions): Wanted => {
  const { base, policy } = changes
  const approvedAt = (approved?.checkpoints ?? []).map(({ checkpoint }) => checkpoint)
  const scopeOn = (day: string) =>
    Either.gen(function* () {
      const [part, entries] = [
        yield* AccessChanges.scopeOf(changes, day, approvedAt),
        yield* AccessPolicy.resolve(policy)
      ]
      const ids = entries.map(({ checkpoint }) => checkpoint)
      const changed = all === undefined ? part.changed : ids.filter((id) => all.length === 0 || all.includes(id))
      const { differences, removed } = yield* AccessPlan.scopeOf(policy, base?.policy ?? policy)
      return { ...part, changed, removed, ...(differences === undefined ? {} : { differences }) }
    })
  return { policy, sources, scopeOn, stop }
}

/** Makes the plan of what commits and approvals ask for, or of every difference. Names what it cannot decide. */
export const planCommits = Effect.fnUntraced(function* (
  command: "plan" | "apply",
  connection: Connection,
  commits: Commits,
  options: CommitOptions
) {
  const { changes, noBase, sources } = commits
  const { all, approved } = options
  const unlisted = (all ?? []).filter((id) => !Object.hasOwn(changes.policy.checkpoints, id))
  if (unlisted.length > 0) return yield* wrongUse(`--checkpoint ${printable(unlisted.join(", "))}: not in the policy`)
  const entries = yield* AccessPolicy.resolve(changes.policy)
  const planned = yield* planPolicy(command, connection, wantedBy(commits, options))
  // a commit asks for access to a checkpoint that does not exist
  const missing = (planned.plan.gone ?? []).flatMap(({ checkpoint }) =>
    entries
      .filter((entry) => entry.checkpoint === checkpoint)
      .flatMap(({ projects }) => projects.filter((project) => AccessChanges.commitOf(changes, checkpoint, project)))
      .map((project) => ({ checkpoint, project, message: "the API has no such checkpoint: correct or remove it" }))
  )
  const plan = AccessPlan.leaveOut(planned.plan, AccessPolicy.diagnosticsOf(sources, missing))
  const since = AccessChanges.oldestGrant(plan, changes, approved)
  const evidence =
    since === undefined
      ? { changes: [] }
      : yield* Effect.provideServiceEffect(
          AccessChanges.readEvidence(since),
          Organization.Organization,
          connection.organizationLists
        )
  if (evidence.failure !== undefined) {
    yield* Screen.warn(`${command}: the audit log was not read: ${printable(evidence.failure)}`)
  }
  if (noBase !== undefined && changes.base === undefined) yield* Screen.warn(`${command}: no base: ${noBase}`)
  const now = yield* connection.time.now
  return { ...planned, plan: AccessChanges.newest(plan, changes, { evidence, now, approved, all: all !== undefined }) }
})

/** Reads the checkpoints of changes, and plans their inverse. Refuses changes of another server or organization. */
export const planUndo = Effect.fnUntraced(function* (
  connection: Connection,
  changes: AccessPlan.UndoFile,
  stop: Effect.Effect<unknown>
) {
  yield* AccessPlan.checkUndo(changes)
  yield* connection.askTime
  const matrix = yield* matrixOf("plan", AccessPlan.undoneCheckpoints(changes), { stop })
  const plan = yield* Effect.provideServiceEffect(
    AccessPlan.undo(changes, matrix),
    Organization.Organization,
    connection.organizationLists
  )
  return withProjects(plan, yield* connection.projects())
})

export const checkSaved = Effect.fnUntraced(function* (connection: Connection, plan: AccessPlan.AccessPlan) {
  const leftOut = new Set(plan.leftOut?.map(({ checkpoint }) => checkpoint))
  const all = plan.scope?.changed ?? (yield* Effect.orDie(checkpointsOf(plan.policy)))
  const changed = all.filter((checkpoint) => !leftOut.has(checkpoint))
  if (changed.length === 0) return { plan, names: undefined, unchecked: undefined }
  const projects = yield* checkPolicy("apply", connection, plan.policy, [], changed)
  yield* checkArchived("apply", projects, plan.checkpoints)
  return withProjects(plan, projects)
})

/** Returns the reason why steps of commits or approvals are left out, the oldest commit first. */
const waitingIn = ({ checkpoints }: Pick<AccessPlan.AccessPlan, "checkpoints">): ReadonlyArray<string> => {
  const waiting = checkpoints.flatMap(({ steps }) => steps.filter(AccessChanges.isWaiting))
  const [oldest] = Arr.sortWith(
    waiting,
    ({ approved, commit }) => (commit?.at ?? approved)?.epochMillis ?? 0,
    Order.number
  )
  if (oldest?.left === undefined) return []
  const { commit, left } = oldest
  const of = commit === undefined ? "an approved step" : `${commit.id.slice(0, 7)} ${singleLine(commit.subject)}`
  return [`${pluralize(waiting.length, "step")} left out, the oldest of ${of}: ${left}`]
}

const howToApprove =
  "approve a plan of every difference: plan --since <commit> --all --out plan.json, then apply --since <commit> --approved plan.json"

/** Returns the failure of a plan with entries for which nothing is planned, or with steps that an apply leaves out. */
export const incompletePlan = (
  command: "plan" | "apply",
  {
    checkpoints,
    commits,
    counts,
    leftOut = []
  }: Pick<AccessPlan.AccessPlan, "checkpoints" | "commits" | "counts" | "leftOut">,
  signal?: Signal
) => {
  const entries = leftOut.length === 1 ? "entry" : "entries"
  const parts = [
    ...(counts.unread === 0 ? [] : [`${pluralize(counts.unread, "checkpoint")} could not be read`]),
    ...(leftOut.length === 0 ? [] : [`${leftOut.length} ${entries} left out`])
  ]
  const waiting = command === "apply" ? waitingIn({ checkpoints }) : []
  const causes = [...waiting, ...(parts.length === 0 ? [] : [`${parts.join(", ")}: no changes planned there`])]
  if (command === "apply" && commits !== undefined && commits.base === undefined) {
    causes.unshift(`no base, so only access that has ended is revoked: ${howToApprove}`)
  }
  return causes.length === 0 ? undefined : incomplete(`${command}: ${causes.join("; ")}`, signal)
}

/** Warns of checkpoints with grants and without any permission whose name is similar to a known one. */
export const reportNames = ({ checkpoints, policy, scope }: AccessPlan.AccessPlan) => {
  const known = new Set([...Object.keys(policy.checkpoints), ...(scope?.removed ?? [])])
  const lines = checkpoints.flatMap(({ checkpoint, found, steps }) => {
    const similar = found.length === 0 && steps.length > 0 ? nearestCheckpoint(checkpoint, known) : undefined
    return similar === undefined ? [] : [`plan: ${Ids.didYouMean(checkpoint, similar)}`]
  })
  return Effect.forEach(lines, (line) => Screen.warn(line), { discard: true })
}

export const reportLeftOut = (command: "plan" | "apply", { leftOut = [] }: Pick<AccessPlan.AccessPlan, "leftOut">) => {
  const lines = leftOut.flatMap(({ diagnostics }) => diagnostics.map(AccessPolicy.describe))
  return Effect.forEach(new Set(lines), (line) => Screen.warn(`${command}: ${printable(line)}`), { discard: true })
}
