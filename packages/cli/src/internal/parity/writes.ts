/** The settings that only a grant can find. Every permission that is made here is deleted again. */

import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as Question from "./exchange.ts"
import {
  type ApiResponse,
  deletedOf,
  type Event,
  eventsOf,
  type Page,
  pageOf,
  type Send,
  Unanswered
} from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import { found, isFound, type Known, notObservable, type Outcome, type Outcomes } from "./meanings.ts"
import { allOrUnanswered, auditResources, orUnanswered, unanswered } from "./reads.ts"

const events = [
  ["event_types[]", "checkpoint.permission.created"],
  ["event_types[]", "checkpoint.permission.deleted"],
  ["limit", "100"]
] as const

/** Returns the page with only the project's permissions. Others cannot be of this run. */
const ownOf = (answer: ApiResponse, { project }: Subject): Page | undefined => {
  const page = pageOf(answer)
  return page && { ...page, items: page.items.filter((item) => item.project === project) }
}

const idsOf = (answer: ApiResponse, subject: Subject): ReadonlyArray<string> =>
  ownOf(answer, subject)?.items.map(({ id }) => id) ?? []

/** Returns true if a create may have made permissions that its reply does not name. */
const isUnconfirmed = (answer: ApiResponse, subject: Subject): boolean =>
  answer.status >= 500 || answer.status === 408 || (answer.status < 300 && idsOf(answer, subject).length === 0)

/** Grants projects, and records the permissions in `made`. It is uninterruptible, so the reply is never lost. */
const grant = (ask: Send, subject: Subject, created: Created, projects: ReadonlyArray<string> = [subject.project]) =>
  ask(Question.create(subject.checkpoint, projects)).pipe(
    Effect.tap((answer) => {
      for (const id of idsOf(answer, subject)) created.ids.set(id, true)
      created.isUnconfirmed ||= isUnconfirmed(answer, subject)
    }),
    Effect.tapError(({ sent }) => {
      created.isUnconfirmed ||= sent
      return Effect.void
    }),
    Effect.uninterruptible
  )

const revoke = (ask: Send, { checkpoint }: Subject, made: Created, id: string) =>
  ask(Question.remove(checkpoint, id)).pipe(
    Effect.tap(({ status }) => {
      if (status === 200) made.ids.set(id, false)
    }),
    Effect.uninterruptible
  )

/** Lists the project's permissions, newest first. Sends no `limit`, since the largest valid one is unknown. */
const listed = (ask: Send, subject: Subject) =>
  Effect.flatMap(ask(Question.list(subject.checkpoint, [["project_id", subject.project]])), (answer) =>
    pageOf(answer) === undefined
      ? new Unanswered({ reason: `the listing was answered with ${answer.status}`, sent: true })
      : Effect.succeed(idsOf(answer, subject))
  )

const readEvents = (ask: Send): Effect.Effect<ReadonlyArray<Event>, Unanswered> =>
  Effect.flatMap(ask(Question.auditLogs(events)), (answer) => {
    const seen = eventsOf(answer)
    return seen === undefined
      ? new Unanswered({ reason: `the audit log was answered with ${answer.status}`, sent: true })
      : Effect.succeed(seen)
  })

const noPartialRefusal = notObservable("no create is known of which one project is refused")

/**
 * Grants the project twice in one create. If the server refuses the second grant, a listing shows whether it executed
 * the first.
 */
const partialCreate = Effect.fnUntraced(function* (
  ask: Send,
  subject: Subject,
  made: Created,
  { gone, lag, refusal }: { readonly gone: string; readonly lag: number | undefined; readonly refusal: ApiResponse }
) {
  if (lag === undefined) return notObservable("a listing does not show in time what was granted")
  made.listingDelay = lag
  const answer = yield* grant(ask, subject, made, [subject.project, subject.project])
  if (answer.status !== refusal.status) return noPartialRefusal
  yield* Effect.sleep(lag)
  const left = (yield* listed(ask, subject)).filter((id) => id !== gone)
  for (const id of left) made.ids.set(id, true)
  made.listingDelay = undefined
  yield* Effect.forEach(left, (id) => revoke(ask, subject, made, id))
  const outcome: Outcomes["partialCreate"] = found(left.length === 0 ? "nothing" : "others")
  return outcome
})

const count = (seen: ReadonlyArray<Event>, type: Event["type"], id: string): number =>
  seen.filter((event) => event.type === type && event.permission === id).length

/** Returns whether a write that changed nothing made an event in the audit log. */
const repeatEvents = (seen: ReadonlyArray<Event>, known: Known, id: string): Outcome<boolean> => {
  const created = count(seen, "checkpoint.permission.created", id)
  const deleted = count(seen, "checkpoint.permission.deleted", id)
  if (created === 0 || deleted === 0) return notObservable("the audit log does not show the writes")
  const repeats = [
    ...(isFound(known.regrant, "existing") ? [created > 1] : []),
    ...(isFound(known.deleteGone, "deleted-false", "deleted-true") ? [deleted > 1] : [])
  ]
  const [first] = repeats
  if (first === undefined) return notObservable("every write that changes nothing is refused")
  return repeats.every((one) => one === first)
    ? found(first)
    : notObservable("a grant and a delete that change nothing differ")
}

const auditSettings = Effect.fnUntraced(function* (ask: Send, known: Known, id: string, lag: number | undefined) {
  if (lag === undefined) return { repeatEvents: notObservable("the audit log shows no grant in time") }
  yield* Effect.sleep(lag)
  const seen = yield* readEvents(ask)
  const repeats: Known = { repeatEvents: repeatEvents(seen, known, id) }
  const event = seen.find(({ permission, type }) => permission === id && type === "checkpoint.permission.created")
  return event === undefined || (known.auditResources && "found" in known.auditResources)
    ? repeats
    : { ...repeats, auditResources: yield* auditResources(ask, event) }
})

const grantSettings = ["regrant", "partialCreate", "deleteGone", "listingLag", "auditLag", "repeatEvents"] as const

/** Returns false for a look whose answer is missing. */
const isVisible = (seen: Effect.Effect<boolean, Unanswered>): Effect.Effect<boolean, Unanswered> =>
  Effect.catchIf(
    seen,
    ({ sent }) => sent,
    () => Effect.succeed(false)
  )

/** Deletes a permission, and a second time if the first delete was confirmed. */
const deleteTwice = Effect.fnUntraced(function* (ask: Send, subject: Subject, made: Created, id: string) {
  const first = yield* revoke(ask, subject, made, id)
  return deletedOf(first) === true
    ? Meaning.deleteGone(yield* revoke(ask, subject, made, id))
    : notObservable(`a delete of what was there was answered with ${first.status}`)
})

/** Grants a project that has no access, measures the lags, tries repeated writes, and deletes the permissions. */
const probeGrant = Effect.fnUntraced(function* (ask: Send, subject: Subject, made: Created, before: Known) {
  const sent = yield* Clock.currentTimeMillis
  const first = yield* grant(ask, subject, made)
  const span = { sent, answered: yield* Clock.currentTimeMillis }
  const [id] = idsOf(first, subject)
  if (id === undefined) {
    return yield* new Unanswered({ reason: `the grant was answered with ${first.status}`, sent: true })
  }

  const isLogged = before.auditLog !== undefined && !isFound(before.auditLog, "off")
  const inListing = Effect.map(listed(ask, subject), (ids) => ids.includes(id))
  const inLog = Effect.map(readEvents(ask), (seen) => seen.some(({ permission }) => permission === id))
  const lags = yield* measureLags(span, [
    { name: "listingLag", isVisible: isVisible(inListing) },
    ...(isLogged ? [{ name: "auditLag" as const, isVisible: isVisible(inLog) }] : [])
  ])
  const logged: Known = {
    listingLag: lags.listingLag?.outcome ?? notObservable("it was not looked for"),
    auditLag: lags.auditLag?.outcome ?? notObservable("there is no audit log"),
    ...(lags.auditLag?.atMost === undefined ? {} : { auditLog: found("on") })
  }

  const second = yield* Effect.either(grant(ask, subject, made))
  const duplicates = Either.isLeft(second) ? [] : idsOf(second.right, subject).filter((other) => other !== id)
  yield* Effect.forEach(duplicates, (duplicate) => Effect.either(revoke(ask, subject, made, duplicate)))
  const deleteGone = yield* orUnanswered(deleteTwice(ask, subject, made, id))
  const regrant = Either.isLeft(second)
    ? unanswered(second.left)
    : Meaning.regrant(second.right, ownOf(second.right, subject), id)
  const known: Known = { ...before, ...logged, regrant, deleteGone }
  const lag = lags.listingLag?.atMost
  return {
    ...known,
    partialCreate:
      Either.isRight(second) && isFound(regrant, "conflict", "bad-request")
        ? yield* orUnanswered(partialCreate(ask, subject, made, { gone: id, lag, refusal: second.right }))
        : noPartialRefusal,
    ...(yield* allOrUnanswered(["repeatEvents"], auditSettings(ask, known, id, lags.auditLag?.atMost)))
  }
})

/** Finds the settings that need a grant. `known` has those that the reads found. */
export const writes = (ask: Send, subject: Subject, made: Created, known: Known): Effect.Effect<Known> =>
  Effect.map(allOrUnanswered(grantSettings, probeGrant(ask, subject, made, known)), (more) => ({ ...known, ...more }))

/** Maximum time in milliseconds that a write is looked for. */
const maxWait = 60_000

/** Lags up to this many milliseconds count as none: a look itself takes time. */
const negligibleLag = 5_000

/** The times in milliseconds at which a write was sent and answered. It was executed between them. */
export interface Span {
  readonly sent: number
  readonly answered: number
}

interface Poll<E> {
  readonly name: "listingLag" | "auditLag"
  readonly isVisible: Effect.Effect<boolean, E>
}

/** The outcome for a lag, and the milliseconds after which a write is certainly visible. */
export interface Lag {
  readonly outcome: Outcome<number>
  readonly atMost?: number
}

type Lags = { readonly [N in Poll<never>["name"]]?: Lag }

const firstPollLag = (most: number): Lag =>
  most <= negligibleLag
    ? { outcome: found(0, `at most ${most} ms`), atMost: most }
    : { outcome: notObservable(`at most ${most} ms: it was looked for no sooner`), atMost: most }

/** Repeats all looks once a second until each shows the write or `patience` is over. */
export const measureLags = Effect.fnUntraced(function* <E>({ answered, sent }: Span, polls: ReadonlyArray<Poll<E>>) {
  let lags: Lags = {}
  /** Lower bounds of the lags that did not end yet, in milliseconds. */
  const least = new Map<string, number>()
  for (let left = polls; left.length > 0; left = left.filter(({ name }) => lags[name] === undefined)) {
    if (least.size > 0) yield* Effect.sleep("1 second")
    for (const { name, isVisible: shows } of left) {
      const start = yield* Clock.currentTimeMillis
      const isShown = yield* shows
      const most = (yield* Clock.currentTimeMillis) - sent
      const before = least.get(name)
      if (isShown) {
        const lag =
          before === undefined ? firstPollLag(most) : { outcome: found(most, `more than ${before} ms`), atMost: most }
        lags = { ...lags, [name]: lag }
      } else if (most >= maxWait) {
        lags = { ...lags, [name]: { outcome: notObservable(`nothing shows within ${maxWait / 1000} s`) } }
      } else least.set(name, Math.max(0, start - answered))
    }
  }
  return lags
})

/** The record of a run's grants. */
export interface Created {
  /** The permissions that the run made: true while they exist. */
  readonly ids: Map<string, boolean>
  /** True if it is unknown which permissions a create made. */
  isUnconfirmed: boolean
  /** Set while a create may be executed in part: the milliseconds after which its permissions are listed. */
  listingDelay: number | undefined
}

export const nothing = (): Created => ({ ids: new Map(), isUnconfirmed: false, listingDelay: undefined })

export interface Subject {
  readonly checkpoint: string
  readonly project: string
}

/** The permissions that a run could not delete, and the reason. */
export interface Leftover {
  readonly permissions: ReadonlyArray<string>
  readonly reason: string
}

/** Returns the permissions that a create may have made. Another client may have made them, so they are not deleted. */
const unconfirmed = (permissions: ReadonlyArray<string>): ReadonlyArray<Leftover> => [
  permissions.length === 0
    ? { permissions, reason: "it is not known what a grant made, and the listing shows nothing of it so far" }
    : { permissions, reason: "it is not known what a grant made: they may be of this run" }
]

/** Deletes the permissions of the run, and those of a create that was refused in part. */
const deleteCreated = Effect.fnUntraced(function* (client: Service, { checkpoint, project }: Subject, made: Created) {
  /** Deletes permissions with the client's retries. A 404 is a success. */
  const remove = (ids: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Leftover>> =>
    Effect.map(
      Effect.forEach(ids, (id) =>
        client.delete(checkpoint, id).pipe(
          Effect.as([]),
          Effect.catchTag("NotFoundError", () => Effect.succeed([])),
          Effect.catchAll(({ message }) => Effect.succeed([{ permissions: [id], reason: message }]))
        )
      ),
      (all) => all.flat()
    )
  /** Uses the project's permissions that this run did not record. Other projects are ignored. */
  const withUnknown = (use: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Leftover>>) =>
    client.stream(checkpoint, { project_id: project }).pipe(
      Stream.filter(({ id, project_id }) => project_id === project && !made.ids.has(id)),
      Stream.runCollect,
      Effect.flatMap((all) => use(Array.from(all, ({ id }) => String(id)))),
      Effect.catchAll(({ message }) =>
        Effect.succeed([
          { permissions: [], reason: `it is not known what a grant made, and reading fails: ${message}` }
        ])
      )
    )
  const left = [...(yield* remove([...made.ids].flatMap(([id, exists]) => (exists ? [id] : []))))]
  if (made.listingDelay !== undefined) {
    yield* Effect.sleep(made.listingDelay)
    left.push(...(yield* withUnknown(remove)))
  }
  if (made.isUnconfirmed) left.push(...(yield* withUnknown((ids) => Effect.succeed(unconfirmed(ids)))))
  return left
})

/**
 * Runs `use`, then deletes the permissions that it left, also after an interruption. `onLeft` is called with those that
 * could not be deleted.
 */
export const withCleanup = <A, E, R, R2>(
  client: Service,
  subject: Subject,
  use: (made: Created) => Effect.Effect<A, E, R>,
  onLeftover: (left: Leftover) => Effect.Effect<void, never, R2>
) =>
  Effect.acquireUseRelease(Effect.sync(nothing), use, (made) =>
    Effect.flatMap(deleteCreated(client, subject, made), Effect.forEach(onLeftover))
  )
