/** The settings that only a grant can find. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Created, Subject } from "./cleanup.ts"
import * as Request from "./exchange.ts"
import { type ApiResponse, created, deleted, type Event, eventsOf, pageOf, type Send, Unanswered } from "./exchange.ts"
import * as Setting from "./outcomes.ts"
import { found, isFound, notObservable, type Outcome, type Outcomes, orUnanswered } from "./outcomes.ts"
import { auditResources } from "./reads.ts"

/** The maximum time to poll for a write, in milliseconds. */
const maxWait = 60_000

/** A lag of up to this many milliseconds counts as none, since a poll itself takes time. */
const negligibleLag = 5_000

/** The times in milliseconds at which a write was sent and answered. It was executed between them. */
interface Span {
  readonly sent: number
  readonly answered: number
}

/** The outcome for a lag, and the time after which a write is certainly visible, in milliseconds. */
interface Lag {
  readonly outcome: Outcome
  readonly atMost?: number
}

const ofFirstPoll = (atMost: number): Outcome =>
  atMost <= negligibleLag
    ? found(0, `at most ${atMost} ms`)
    : notObservable(`at most ${atMost} ms: not checked earlier`)

/**
 * Polls once a second until a poll shows a write or `maxWait` has passed. A poll without a response counts as one that
 * does not show it.
 */
const measureLag = <A>(write: Span, poll: Effect.Effect<A, Unanswered>, isShownBy: (polled: A) => boolean) =>
  Effect.gen(function* (): Effect.fn.Return<Lag, Unanswered> {
    let least: number | undefined
    for (;;) {
      const start = yield* Clock.currentTimeMillis
      const polled = yield* Effect.either(poll)
      if (Either.isLeft(polled) && !polled.left.sent) return yield* polled.left
      const atMost = (yield* Clock.currentTimeMillis) - write.sent
      if (Either.isRight(polled) && isShownBy(polled.right)) {
        return { outcome: least === undefined ? ofFirstPoll(atMost) : found(atMost, `more than ${least} ms`), atMost }
      }
      if (atMost >= maxWait) return { outcome: notObservable(`not visible within ${maxWait / 1000} s`) }
      least = Math.max(0, start - write.answered)
      yield* Effect.sleep("1 second")
    }
  })

/** Returns the outcome for writes that changed nothing: whether they left an event in the audit log. */
const repeatEvents = (events: ReadonlyArray<Event>, { deleteGone, regrant }: Outcomes, id: string): Outcome => {
  const count = (type: Event["type"]) => events.filter((event) => event.type === type && event.permission === id).length
  if (count(created) === 0 || count(deleted) === 0) return notObservable("the audit log does not show the writes")
  const repeats = new Set([
    ...(isFound(regrant, "existing") ? [count(created) > 1] : []),
    ...(isFound(deleteGone, "deleted-false", "deleted-true") ? [count(deleted) > 1] : [])
  ])
  if (repeats.size > 1) return notObservable("a repeated grant and a repeated delete differ")
  const [first] = repeats
  return first === undefined ? notObservable("every write that changes nothing is refused") : found(first)
}

const noPartialRefusal = notObservable("no known request makes a create fail for only one project")

const ofPermissions = [
  ["event_types[]", created],
  ["event_types[]", deleted],
  ["limit", "100"]
] as const

/**
 * Finds the settings that need a grant: grants a project that has no access, measures the lags, repeats the writes, and
 * deletes the permissions. `record` has the permissions that it made. `known` has the settings that were found by
 * reads.
 */
export const writes = (send: Send, { checkpoint, project }: Subject, record: Created, known: Outcomes) => {
  /** Returns the page with only the project's permissions. Other permissions are not from this run. */
  const pageIn = (response: ApiResponse) => {
    const page = pageOf(response)
    return page && { ...page, items: page.items.filter((item) => item.project === project) }
  }
  const idsIn = (response: ApiResponse) => pageIn(response)?.items.map(({ id }) => id)

  /** Fails with the reason if a response lacks a required value. */
  const required = <A>(value: A | undefined, reason: string): Effect.Effect<A, Unanswered> =>
    value === undefined ? new Unanswered({ reason, sent: true }) : Effect.succeed(value)

  /** Grants projects, and records the permissions. It is uninterruptible, so the response is never lost. */
  const grant = (...projects: ReadonlyArray<string>) =>
    send(Request.create(checkpoint, projects)).pipe(
      Effect.tap((response) => {
        const ids = idsIn(response) ?? []
        for (const id of ids) record.ids.set(id, true)
        record.isUnconfirmed ||=
          response.status >= 500 || response.status === 408 || (response.status < 300 && ids.length === 0)
      }),
      Effect.tapError(({ sent }) => {
        record.isUnconfirmed ||= sent
        return Effect.void
      }),
      Effect.uninterruptible
    )

  const revoke = (id: string) =>
    send(Request.remove(checkpoint, id)).pipe(
      Effect.tap(({ status }) => {
        if (status === 200) record.ids.set(id, false)
      }),
      Effect.uninterruptible
    )

  /** Lists the project's permissions, newest first. Sends no `limit`, since the largest valid one is unknown. */
  const listed = Effect.flatMap(send(Request.list(checkpoint, [["project_id", project]])), (response) =>
    required(idsIn(response), `the server answered ${response.status} to the listing`)
  )
  const events = Effect.flatMap(send(Request.auditLogs(ofPermissions)), (response) =>
    required(eventsOf(response), `the server answered ${response.status} to a read of the audit log`)
  )

  /** Deletes a permission, and then deletes it again if the first delete was confirmed. */
  const deleteTwice = Effect.fnUntraced(function* (id: string) {
    const first = yield* revoke(id)
    return Setting.isDeleted(first)
      ? Setting.deleteGone(yield* revoke(id))
      : notObservable(`the server answered ${first.status} to the delete of an existing permission`)
  })

  /**
   * Grants the project twice in one create. If the server refuses the second grant, a listing shows whether it executed
   * the first.
   */
  const partialCreate = Effect.fnUntraced(function* (deletedId: string, status: number, lag: number | undefined) {
    if (lag === undefined) return notObservable("the listing does not show the grant in time")
    record.listingDelay = lag
    const response = yield* grant(project, project)
    if (response.status !== status) return noPartialRefusal
    yield* Effect.sleep(lag)
    const left = (yield* listed).filter((id) => id !== deletedId)
    for (const id of left) record.ids.set(id, true)
    record.listingDelay = undefined
    yield* Effect.forEach(left, revoke)
    return found(left.length === 0 ? "nothing" : "others")
  })

  const auditProbe = Effect.fnUntraced(function* (id: string, now: Outcomes, lag: number | undefined) {
    if (lag === undefined) return { repeatEvents: notObservable("the audit log shows no grant in time") }
    yield* Effect.sleep(lag)
    const seen = yield* events
    const repeats = { repeatEvents: repeatEvents(seen, now, id) }
    const event = seen.find(({ permission, type }) => permission === id && type === created)
    const { auditResources: resources } = now
    return event === undefined || (resources !== undefined && "found" in resources)
      ? repeats
      : { ...repeats, auditResources: yield* auditResources(send, event) }
  })

  const probe = Effect.gen(function* () {
    const sent = yield* Clock.currentTimeMillis
    const first = yield* grant(project)
    const span = { sent, answered: yield* Clock.currentTimeMillis }
    const id = yield* required(idsIn(first)?.[0], `the server answered ${first.status} to the grant`)

    const { auditLog } = known
    const noLog: Lag = { outcome: notObservable("there is no audit log") }
    const [listing, log] = yield* Effect.all(
      [
        measureLag(span, listed, (ids) => ids.includes(id)),
        auditLog === undefined || isFound(auditLog, "off")
          ? Effect.succeed(noLog)
          : measureLag(span, events, (all) => all.some(({ permission }) => permission === id))
      ],
      { concurrency: 2 }
    )

    const second = yield* Effect.either(grant(project))
    const duplicates = Either.isLeft(second) ? [] : (idsIn(second.right) ?? []).filter((other) => other !== id)
    yield* Effect.forEach(duplicates, (duplicate) => Effect.either(revoke(duplicate)))
    const deleteGone = yield* orUnanswered(deleteTwice(id))
    const regrant = yield* orUnanswered(
      Effect.map(second, (response) => Setting.regrant(response, pageIn(response), id))
    )
    const isRefused = Either.isRight(second) && isFound(regrant, "conflict", "bad-request")
    const now: Outcomes = {
      ...known,
      listingLag: listing.outcome,
      auditLag: log.outcome,
      ...(log.atMost === undefined ? {} : { auditLog: found("on") }),
      regrant,
      deleteGone,
      partialCreate: isRefused
        ? yield* orUnanswered(partialCreate(id, second.right.status, listing.atMost))
        : noPartialRefusal
    }
    return { ...now, ...(yield* Setting.ofRepeats(auditProbe(id, now, log.atMost))) }
  })
  return Effect.map(Setting.ofGrant(probe), (more): Outcomes => ({ ...known, ...more }))
}
