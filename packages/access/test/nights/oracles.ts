/** Compares the record of a night, by rules of its own, with the reports. */
import { DateTime } from "effect"
import type { Drift } from "../../src/index.ts"
import {
  day,
  dayOf,
  type History,
  type LoggedEvent,
  type Night,
  second,
  type TrueChange,
  type Wanted
} from "./history.ts"
import type { NightWorld, TrueReading } from "./world.ts"

export interface Violation {
  readonly rule: string
  readonly detail: string
}

/** How many of what were checked. */
export interface Checked {
  readonly violations: ReadonlyArray<Violation>
  readonly exitCode: number | undefined
  readonly authors: number
  readonly ends: number
}

type Difference = Drift.Drift["differences"][number]

/** The differences of a checkpoint when it was listed, as texts. */
const trulyAt = (wanted: Wanted, { at, isGone, permissions }: TrueReading, isUnknown: (project: string) => boolean) => {
  if (isGone) return ["gone"]
  const { entries, mode, owner } = wanted
  const today = dayOf(at)
  const others = permissions.filter(({ project }) => project !== owner)
  const now = new Set(entries.flatMap(({ project, until }) => (until === undefined || until >= today ? [project] : [])))
  const ended = new Set(entries.flatMap(({ project }) => (now.has(project) ? [] : [project])))
  const inOrder = [...others].sort(
    (one, other) => one.createdAt - other.createdAt || (one.permission < other.permission ? -1 : 1)
  )
  const unwanted = inOrder.flatMap(({ permission, project }) => {
    if (mode === "at-least") return []
    if (ended.has(project)) return [`ended ${project} ${permission}`]
    return now.has(project) ? [] : [`not in the policy ${project} ${permission}`]
  })
  const present = new Set(others.map(({ project }) => project))
  const absent = [...now].filter((project) => !present.has(project))
  const unknownOwner = owner !== undefined && isUnknown(owner) ? [`unknown project ${owner}`] : []
  return [
    ...unwanted,
    ...absent.map((project) =>
      isUnknown(project) ? `unknown project ${project}` : `in the policy, no access ${project}`
    ),
    ...unknownOwner
  ]
}

const textOf = (one: Difference): string =>
  [one.kind, ...("project" in one ? [one.project] : []), ...("permission" in one ? [one.permission] : [])].join(" ")

const isSameActor = (event: LoggedEvent, by: { readonly user?: string; readonly key?: string }): boolean => {
  const { actor } = event
  if (actor === undefined) return by.user === undefined && by.key === undefined
  return "key" in actor ? by.key === actor.key : by.user === actor.email && by.key === undefined
}

/** Checks one night. */
export const check = (history: History, night: Night, begun: NightWorld, drift: Drift.Drift | undefined): Checked => {
  const violations: Array<Violation> = []
  const where = `seed ${history.seed}, ${new Date(night.at).toISOString()}`
  const violated = (rule: string, detail: string) => violations.push({ rule, detail: `${where}: ${detail}` })
  const none = { violations, exitCode: drift?.exitCode, authors: 0, ends: 0 }
  if (drift === undefined) {
    if (begun.readings.size > 0 && night.stopAfter === undefined) violated("a reading that read something failed", "")
    return none
  }
  const { differences, exitCode, log } = drift
  const of = (checkpoint: string) => differences.filter((one) => one.checkpoint === checkpoint)

  // Exit code and differences.
  const isAnswered = [...begun.readings.values()].some(({ isGone }) => !isGone)
  const everyone = new Set([...history.projects.map(({ id }) => id)])
  let isUnread = false
  let differing = 0
  for (const wanted of history.policy) {
    const { checkpoint } = wanted
    const reported = of(checkpoint)
    const reading = begun.readings.get(checkpoint)
    const isRead = reading !== undefined && (!reading.isGone || isAnswered)
    const saysUnread = reported.some(({ kind }) => kind === "unread")
    if (!isRead || saysUnread) {
      isUnread = true
      if (!saysUnread) violated("an unread checkpoint is not reported", checkpoint)
      // a run that is stopped may lose the reply that it was about to read
      if (isRead && night.stopAfter === undefined) violated("a checkpoint that was read is reported unread", checkpoint)
      continue
    }
    const isUnknown = (project: string) =>
      drift.projectsFailure === undefined && !night.projectsFail && !everyone.has(project)
    const truth = trulyAt(wanted, reading, night.stopAfter === undefined ? isUnknown : () => false).sort()
    const said = reported.map(textOf).sort()
    if (truth.length > 0) differing += 1
    if (exitCode === 0 && truth.length > 0) violated("exit 0 while a checkpoint differed", `${checkpoint}: ${truth}`)
    const untilMidnight = Math.min(reading.at % day, day - (reading.at % day))
    const isCertain = untilMidnight > 3 * second && night.stopAfter === undefined
    if (isCertain && `${truth}` !== `${said}`)
      violated("differences are not the true ones", `${checkpoint}: ${said}, truly ${truth}`)
  }
  const managed = new Set(history.policy.map(({ checkpoint }) => checkpoint))
  for (const checkpoint of history.unmanaged) {
    const reported = of(checkpoint)
    const reading = begun.readings.get(checkpoint)
    if (reported.some(({ kind }) => kind === "unread")) isUnread = true
    else if (reported.length > 0 || (night.unmanaged && reading !== undefined)) {
      differing += reported.length
      const truth = reading?.permissions.map(({ permission, project }) => `unmanaged ${project} ${permission}`) ?? []
      const isCertain = night.stopAfter === undefined
      if (isCertain && `${reported.map(textOf).sort()}` !== `${truth.sort()}`)
        violated("unmanaged permissions are not the true ones", checkpoint)
    }
  }
  if (isUnread && exitCode !== 4) violated("something unread without exit 4", `${exitCode}`)
  const isLogLost = history.log === "off" || log.failure !== undefined
  if (!isUnread && exitCode === 4 && !(night.unmanaged && isLogLost)) violated("exit 4 though all was read", "")
  if (exitCode === 3 && differing === 0 && night.stopAfter === undefined) violated("exit 3 without a difference", "")

  // The actor.
  const logAt = begun.logAt()
  const isWholeRun = log.failure === undefined && logAt !== undefined
  const isVisible = ({ event }: TrueChange, until: number): boolean =>
    event !== undefined && history.log === "on" && event.shownAt * second <= until
  const end = DateTime.toEpochMillis(log.requestedAt) + 3 * 60 * 60 * second
  const byPermission = new Map<string, Array<TrueChange>>()
  for (const change of history.changes) {
    const all = byPermission.get(change.permission)
    if (all === undefined) byPermission.set(change.permission, [change])
    else all.push(change)
  }
  const changeOf = (permission: string | undefined, action: TrueChange["action"]) =>
    byPermission.get(permission ?? "")?.find((one) => one.action === action)
  const granted = differences.filter((one) => "permission" in one)
  let authors = 0
  for (const one of granted) {
    const truth = changeOf(one.permission, "grant")
    const isShown =
      truth !== undefined && logAt !== undefined && isVisible(truth, logAt) && truth.event?.hasPermission === true
    if (one.grant?._tag === "InLog") {
      authors += 1
      const { event } = truth ?? {}
      if (event === undefined || event.at !== one.grant.at || !isSameActor(event, one.grant.by)) {
        violated("a wrong author of a grant", `${one.permission}`)
      }
      if (truth !== undefined && !isVisible(truth, end))
        violated("an author whose event is not in the log", one.permission)
    } else if (isShown && isWholeRun && granted.length <= 30) {
      violated("a grant in the log without its author", `${one.permission}: ${one.grant?._tag}`)
    } else if (one.grant?._tag === "NotInLog" && isShown) {
      violated("a grant in the log is said not to be there", one.permission)
    }
  }

  // How missing access ended.
  const oldest = log.oldest ?? Number.NEGATIVE_INFINITY
  const seen = history.changes.filter(
    (change) => logAt !== undefined && isVisible(change, logAt) && (change.event?.at ?? 0) > oldest
  )
  let ends = 0
  for (const one of differences) {
    if (one.kind !== "in the policy, no access" || one.end === undefined) continue
    ends += 1
    const { checkpoint, end, project } = one
    const own = seen.filter((change) => change.checkpoint === checkpoint && change.project === project)
    const isPlaced = ({ permission }: TrueChange) => {
      const grant = changeOf(permission, "grant")
      return grant?.event?.hasPlace === true && grant.event.hasPermission && seen.includes(grant)
    }
    const revokes = own.filter(({ action, event }) => action === "revoke" && event?.hasPermission === true)
    const after = (at: number) => revokes.filter(({ event }) => (event?.at ?? 0) > at)
    const later = (at: number, count: number) => {
      if (after(at).some(isPlaced)) violated("a later revoke in the log is left out", `${checkpoint} ${project}`)
      if (after(at).length > count) violated("later deletes are not counted", `${checkpoint} ${project}`)
    }
    switch (end._tag) {
      case "Revoked": {
        const truth = changeOf(end.permission, "revoke")
        const isTrue =
          truth?.checkpoint === checkpoint &&
          truth.project === project &&
          truth.event?.at === end.at &&
          isSameActor(truth.event, end.by)
        if (!isTrue) violated("a wrong name for missing access", `${checkpoint} ${project}: ${end.permission}`)
        later(end.at, end.laterDeletes)
        break
      }
      case "NotRevoked": {
        const truth = changeOf(end.permission, "grant")
        const isOwn = truth?.checkpoint === checkpoint && truth.project === project && truth.event?.at === end.at
        const isDeleted = revokes.some(({ permission }) => permission === end.permission)
        if (!isOwn && end.permission !== undefined)
          violated("a grant that is not in the log", `${checkpoint} ${project}: ${end.permission}`)
        if (isDeleted && logAt !== undefined) violated("a grant has an end in the log", `${checkpoint} ${project}`)
        later(end.at, end.laterDeletes)
        break
      }
      case "NotGranted": {
        const isGranted = own.some(({ action, event }) => action === "grant" && event?.hasPlace === true)
        if (isGranted) violated("a grant in the log is said not to be there", `${checkpoint} ${project}`)
        if (end.isComplete && log.oldest !== undefined) violated("a part of the log passes for the whole", checkpoint)
        if (revokes.length > end.laterDeletes) violated("deletes are not counted", `${checkpoint} ${project}`)
      }
    }
  }

  // Changes of the last days that left no difference.
  const pairs = new Set(differences.map((one) => `${one.checkpoint} ${"project" in one ? one.project : ""}`))
  const unread = new Set<string>(differences.flatMap((one) => (one.kind === "unread" ? [one.checkpoint] : [])))
  const shown = new Set(drift.changes.map(({ event }) => event))
  for (const { checkpoint, event, project } of isWholeRun ? seen : []) {
    const isRecent =
      event !== undefined && event.at * second > DateTime.toEpochMillis(log.requestedAt) - 8 * day + 10 * second
    if (isRecent && !shown.has(event.id) && !unread.has(checkpoint) && !pairs.has(`${checkpoint} ${project}`)) {
      violated("a recent change is not shown", event.id)
    }
  }
  if (drift.unmanaged.checkpoints.some((one) => managed.has(one)))
    violated("a checkpoint of the policy is unmanaged", "")
  return { violations, exitCode, authors, ends }
}
