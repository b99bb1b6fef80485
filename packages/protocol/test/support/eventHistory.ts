/**
 * An organization over some nights: changes that leave events, late or not at
 * all, audits of half an hour that go by the log, and a record of what is so.
 * What a run says is compared with that record, by rules written here alone.
 */

import * as events from "../../src/events.ts"
import type { AuditEvent } from "../../src/wire.ts"

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
const randomOf = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

interface TrueChange {
  readonly at: number
  readonly action: "grant" | "revoke"
  readonly permission: string
  readonly project: string
  readonly checkpoint: string
  readonly user: string | undefined
  readonly key: string | undefined
  /** What the journal says, if this tool made it. */
  readonly journal: "done" | "unknown" | "gone" | undefined
  readonly event: AuditEvent | undefined
  readonly shownAt: number
}

interface Row extends events.SavedRow {
  /** By the server's clock. */
  readonly trulyAt: number
}

export interface Violation {
  readonly rule: string
  readonly detail: string
}

export interface Outcome {
  readonly runs: number
  readonly wholeRuns: number
  readonly carried: number
  readonly reasons: ReadonlyArray<string>
  readonly violations: ReadonlyArray<Violation>
}

const start = Date.UTC(2026, 10, 3)
const checkpoints = Array.from({ length: 30 }, (_, n) => `ft:${n}`)

/** One history from a seed. */
export const simulate = (seed: number): Outcome => {
  const random = randomOf(seed)
  const chance = (probability: number) => random() < probability
  const below = (most: number) => Math.floor(random() * most)
  const one = <A>(all: ReadonlyArray<A>): A => {
    const chosen = all[below(all.length)]
    if (chosen === undefined) throw new Error("there is nothing to choose from")
    return chosen
  }
  const nights = 6 + below(10)
  const world = {
    silent: one([0, 0, 0.02, 1 / 3, 1 / 3]),
    lateness: one([0, 0, 10 * second, 4 * minute, 48 * hour, 48 * hour]),
    /** Of the clock of the machine. */
    skew: one([0, 0, -3 * minute, -1 * second, 2 * second, 3 * minute]),
    /** The log was turned on this long before the first night. */
    logFor: one([90 * day, 90 * day, 90 * day, 0]),
    refuses: chance(0.02),
    barren: chance(0.1),
    changesANight: one([0, 1, 3, 20])
  }

  // The record.
  const held = new Map<string, Map<string, string>>(checkpoints.map((id) => [id, new Map()]))
  const record: Array<TrueChange> = []
  let ids = 0
  const made = new Map<string, Pick<TrueChange, "project" | "checkpoint">>()
  const change = (at: number, isLogged: boolean) => {
    const checkpoint = one(checkpoints)
    const there = held.get(checkpoint) ?? new Map<string, string>()
    const isGrant = there.size === 0 || chance(0.55)
    const permission = isGrant ? `cp_${++ids}` : one([...there.keys()])
    const project = isGrant ? `proj_${below(4)}` : (there.get(permission) ?? "")
    if (isGrant) there.set(permission, project)
    else there.delete(permission)
    made.set(permission, { project, checkpoint })
    const action = isGrant ? "grant" : "revoke"
    const isOurs = chance(0.4)
    const key = isOurs && chance(0.5) ? "key_ours" : chance(0.5) ? `key_${below(3)}` : undefined
    const user = chance(0.9) ? `user${below(5)}@example.com` : undefined
    const data = { project_id: project, fine_tuned_model_checkpoint: checkpoint }
    const type = isGrant ? events.created : events.deleted
    const who = user === undefined ? {} : { user: { id: "user-x", email: user } }
    // The address of a session is there, and no type of ours has it.
    const session = { ip_address: "203.0.113.7" }
    const event: AuditEvent = {
      id: `audit_log-${ids}-${action}-${permission}`,
      type,
      effective_at: Math.floor(at / second),
      ...(key === undefined
        ? { actor: { session: { ...session, ...who } } }
        : { actor: { api_key: { id: key, ...who } } }),
      [type]: { id: permission, ...(isGrant && !(world.barren && chance(0.1)) ? { data } : {}) }
    }
    record.push({
      at,
      action,
      permission,
      project,
      checkpoint,
      user,
      key,
      journal: isOurs ? one(["done", "done", "unknown", isGrant ? "done" : "gone"] as const) : undefined,
      event: isLogged ? event : undefined,
      shownAt: at + random() * world.lateness
    })
  }
  // What was there before the first night.
  for (let n = 0; n < 40; n++) change(start - day, false)
  record.length = 0
  for (let n = 0; n < 3; n++) change(start - below(20 * day) - day, true)

  // Changes of all nights, some of them several in a second, many while an audit runs.
  const times: Array<number> = []
  for (let night = 0; night < nights; night++) {
    for (let n = below(world.changesANight + 1); n > 0; n--) {
      const at = start + night * day + (chance(0.4) ? below(40 * minute) : below(day))
      for (let same = chance(0.2) ? below(5) : 0; same >= 0; same--) times.push(at + below(800))
    }
  }
  times.sort((a, b) => a - b)
  let next = 0
  const passTo = (now: number) => {
    for (let at = times[next]; at !== undefined && at <= now; at = times[++next]) change(at, !chance(world.silent))
  }

  const visible = (now: number) =>
    record.filter(({ event, at, shownAt }) => event !== undefined && shownAt <= now && at >= start - world.logFor)
  const read = (checkpoint: string, now: number): Row => {
    passTo(now + 200)
    return {
      checkpoint,
      readFrom: now + world.skew,
      trulyAt: now + 200,
      complete: !chance(0.01),
      permissions: [...(held.get(checkpoint) ?? [])].map(([id]) => ({ id }))
    }
  }

  const violations: Array<Violation> = []
  const violated = (rule: string, detail: string) => violations.push({ rule, detail: `seed ${seed}: ${detail}` })
  let rows: ReadonlyArray<Row> = checkpoints.map((checkpoint, n) => read(checkpoint, start + n * minute))
  let saved: ReadonlyArray<events.Change> = []
  let wholeRuns = 0
  let carried = 0
  const reasons: Array<string> = []

  for (let night = 1; night < nights; night++) {
    let now = start + night * day
    passTo(now)
    const askedAt = now + world.skew
    const since = events.since(rows) ?? 0
    const shown = visible(now)
    const answered = shown.flatMap(({ event }) =>
      event !== undefined && event.effective_at >= Math.floor(since / second) ? [event] : []
    )
    const recorded = record.flatMap(({ action, at, journal, permission }) =>
      journal === undefined || journal === "gone" ? [] : [{ at: at + world.skew, action, permission, outcome: journal }]
    )
    const known = [
      ...rows.flatMap(({ checkpoint, permissions }) =>
        permissions.map(({ id }) => ({ permission: id, checkpoint, project: made.get(id)?.project }))
      ),
      ...saved.flatMap(({ permission, ...place }) => (permission === undefined ? [] : [{ ...place, permission }]))
    ]
    // Twice and in any order: pages overlap, and order within a second means nothing.
    const changes = events.join(
      [...answered, ...answered].sort(() => random() - 0.5),
      known
    )
    const oldest = rows.reduce((least, { trulyAt }) => Math.min(least, trulyAt), Number.POSITIVE_INFINITY)
    const log: events.Log = {
      askedAt,
      changes,
      refused: world.refuses ? "403" : undefined,
      reachesBack: world.logFor > 0 || shown.some(({ at }) => at < since),
      recorded
    }
    const first = events.toRead(checkpoints, rows, log)
    const before = new Map(rows.map((row) => [row.checkpoint, row]))
    const pace = one([second, 6 * second, minute])
    const fresh = new Map<string, Row>()
    const readAll = (wanted: ReadonlyArray<string>) => {
      for (const checkpoint of wanted) {
        if (fresh.has(checkpoint)) continue
        now += pace
        fresh.set(checkpoint, read(checkpoint, now))
      }
    }
    readAll(first.checkpoints)
    let why = first.why
    for (const row of fresh.values()) {
      const former = before.get(row.checkpoint)
      if (former !== undefined) why ??= events.unexplained(former, row, changes)
    }
    if (why !== undefined) {
      wholeRuns += 1
      reasons.push(why._tag)
      readAll(checkpoints)
    }

    // What is said, compared with the record.
    for (const former of rows) {
      if (fresh.has(former.checkpoint)) continue
      carried += 1
      const event = shown.find(({ at, checkpoint }) => checkpoint === former.checkpoint && at > former.trulyAt)
      if (event !== undefined) violated("stale row not read again", `${former.checkpoint}, ${event.event?.id}`)
      if (!former.complete) violated("unfinished row not read again", former.checkpoint)
    }
    for (const said of changes) {
      const truth = record.find(({ event }) => event?.id === said.event)
      const wrong = (field: string) => violated(`history says a wrong ${field}`, said.event)
      if (truth === undefined) {
        wrong("event")
        continue
      }
      if (said.action !== truth.action) wrong("action")
      if (said.at !== Math.floor(truth.at / second)) wrong("time")
      if (said.permission !== truth.permission) wrong("permission")
      if (said.project !== undefined && said.project !== truth.project) wrong("project")
      if (said.checkpoint !== undefined && said.checkpoint !== truth.checkpoint) wrong("checkpoint")
      if (said.by.key !== truth.key) wrong("key")
      if (said.by.user !== (truth.user ?? undefined)) wrong("user")
      if (JSON.stringify(said).includes("203.0.113.7")) wrong("address")
      const creation = record.find(({ action, permission }) => action === "grant" && permission === truth.permission)
      const isShown = creation?.event !== undefined && answered.includes(creation.event)
      if (isShown && creation.event?.[events.created]?.data != null && said.checkpoint === undefined) {
        wrong("silence about its checkpoint")
      }
      if (known.some(({ checkpoint, permission }) => permission === truth.permission && checkpoint !== undefined)) {
        if (said.checkpoint === undefined) wrong("silence about what an audit knows")
      }
      const ours = events.isOurs(recorded, ["key_ours"])(said)
      const isTrulyOurs = truth.key === "key_ours" || truth.journal === "done" || truth.journal === "unknown"
      if (ours !== isTrulyOurs) wrong("maker")
    }
    if (changes.length !== answered.length) violated("history counts an event twice, or leaves one out", `${night}`)
    for (const { permission } of events.live(changes)) {
      if (answered.some((event) => event[events.deleted]?.id === permission)) violated("live and gone", `${permission}`)
    }

    // Why everything is read, and that it is.
    const isWhole = fresh.size === checkpoints.length
    const must = (reason: string, so: boolean) => {
      if (so && !isWhole) violated(`not everything read: ${reason}`, `night ${night}`)
    }
    must("log refused", world.refuses)
    must("empty log", world.logFor === 0 && !shown.some(({ at }) => at < oldest - minute))
    must(
      "future",
      answered.some(({ effective_at }) => effective_at * second > askedAt)
    )
    const hasEvent = (action: string, permission: string) =>
      shown.some((one) => one.action === action && one.permission === permission)
    must(
      "journalled change without an event",
      record.some(
        ({ action, at, journal, permission }) =>
          journal === "done" &&
          at > oldest + minute &&
          at < now - pace * fresh.size - 2 * hour &&
          !hasEvent(action, permission)
      )
    )
    const isKnown = new Set(known.map(({ permission }) => permission))
    must(
      "an event joins no checkpoint",
      answered.some((event) => {
        const id = event[events.created]?.id ?? event[events.deleted]?.id ?? ""
        const isPlaced = answered.some((other) => other[events.created]?.id === id && other[events.created]?.data)
        return event.effective_at * second >= oldest && !isPlaced && !isKnown.has(id)
      })
    )
    const differs = first.checkpoints.find((checkpoint) => {
      const [former, row] = [before.get(checkpoint), fresh.get(checkpoint)]
      if (former === undefined || row === undefined || !former.complete || !row.complete) return false
      return record.some(
        ({ action, at, checkpoint: where, permission }) =>
          where === checkpoint &&
          at > former.trulyAt &&
          at <= row.trulyAt &&
          !hasEvent(action, permission) &&
          // came and went between the readings: nothing to see
          (action === "grant") === row.permissions.some(({ id }) => id === permission) &&
          (action === "revoke") === former.permissions.some(({ id }) => id === permission)
      )
    })
    must("a reading differs without an event", differs !== undefined)
    const asked = new Set(
      rows.flatMap(({ checkpoint, complete, trulyAt }) =>
        !complete || shown.some((one) => one.checkpoint === checkpoint && one.at > trulyAt - 10 * minute)
          ? [checkpoint]
          : []
      )
    )
    if (why === undefined && fresh.size > Math.max(10, asked.size + 7)) {
      violated("reads more than it has a reason for", `${fresh.size} lists, ${asked.size} asked for`)
    }
    if (first.why === undefined && fresh.size < 7) violated("reads fewer of the oldest than it could", `${fresh.size}`)
    const stalest = [...rows].sort((a, b) => (a.readFrom ?? 0) - (b.readFrom ?? 0))[0]
    if (stalest !== undefined && !fresh.has(stalest.checkpoint)) {
      violated("the oldest row is left", stalest.checkpoint)
    }
    rows = checkpoints.flatMap((checkpoint) => fresh.get(checkpoint) ?? before.get(checkpoint) ?? [])
    saved = changes
  }
  return { runs: nights - 1, wholeRuns, carried, reasons, violations }
}
