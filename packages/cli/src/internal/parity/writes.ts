/** What a server tells by a grant that is taken back. */
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Event, Page } from "./answers.ts"
import { deletedOf, eventsOf, pageOf } from "./answers.ts"
import type { Answer, Ask } from "./exchange.ts"
import * as Question from "./exchange.ts"
import { Unanswered } from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import type { Outcome, Outcomes } from "./outcome.ts"
import { found, notObservable } from "./outcome.ts"
import { auditResources, orOpen, unanswered } from "./reads.ts"
import { watch } from "./watch.ts"

/** What the run has granted, so that it can be taken back. */
export interface Made {
  readonly add: (permissionId: string) => Effect.Effect<void>
  readonly gone: (permissionId: string) => Effect.Effect<void>
  /** A create of which it is not known what it made. */
  readonly doubt: Effect.Effect<void>
  /** A create that may be refused in part: what it made shows in a listing after `lag` milliseconds. */
  readonly hidden: (lag: number) => Effect.Effect<void>
  /** Nothing is hidden any more. */
  readonly shown: Effect.Effect<void>
}

interface Subject {
  readonly checkpoint: string
  readonly project: string
}

type Known = Partial<Outcomes>

const events = [
  ["event_types[]", "checkpoint.permission.created"],
  ["event_types[]", "checkpoint.permission.deleted"],
  ["limit", "100"]
] as const

/** Those of the project, whatever else a server puts on the page: only they can be of this run. */
const ownOf = (answer: Answer, { project }: Subject): Page | undefined => {
  const page = pageOf(answer)
  return page && { ...page, items: page.items.filter((item) => item.project === project) }
}

const idsOf = (answer: Answer, subject: Subject): ReadonlyArray<string> =>
  ownOf(answer, subject)?.items.map(({ id }) => id) ?? []

/** Whether a create may have made what its answer does not name. */
const isDoubtful = (answer: Answer, subject: Subject): boolean =>
  answer.status >= 500 || answer.status === 408 || (answer.status < 300 && idsOf(answer, subject).length === 0)

/** Grants, and keeps what was made; its answer is not lost to an interruption. */
const grant = (ask: Ask, subject: Subject, made: Made, projects: ReadonlyArray<string> = [subject.project]) =>
  ask(Question.create(subject.checkpoint, projects)).pipe(
    Effect.tap((answer) => Effect.forEach(idsOf(answer, subject), made.add)),
    Effect.tap((answer) => (isDoubtful(answer, subject) ? made.doubt : Effect.void)),
    Effect.tapError(({ sent }) => (sent ? made.doubt : Effect.void)),
    Effect.uninterruptible
  )

const revoke = (ask: Ask, { checkpoint }: Subject, made: Made, id: string) =>
  ask(Question.remove(checkpoint, id)).pipe(
    Effect.tap((answer) => (answer.status === 200 ? made.gone(id) : Effect.void)),
    Effect.uninterruptible
  )

/** Without a `limit`, since the largest one is not known; the newest come first. */
const listed = (ask: Ask, subject: Subject) =>
  Effect.flatMap(ask(Question.list(subject.checkpoint, [["project_id", subject.project]])), (answer) =>
    pageOf(answer) === undefined
      ? new Unanswered({ reason: `the listing was answered with ${answer.status}`, sent: true })
      : Effect.succeed(idsOf(answer, subject))
  )

const eventsSeen = (ask: Ask): Effect.Effect<ReadonlyArray<Event>, Unanswered> =>
  Effect.flatMap(ask(Question.auditLogs(events)), (answer) => {
    const seen = eventsOf(answer)
    return seen === undefined
      ? new Unanswered({ reason: `the audit log was answered with ${answer.status}`, sent: true })
      : Effect.succeed(seen)
  })

const isFound = <A>(outcome: Outcome<A> | undefined, ...values: ReadonlyArray<A>): boolean =>
  outcome?._tag === "Found" && values.includes(outcome.value)

const isRefusal = (known: Known): boolean => isFound(known.regrant, "conflict", "bad-request")

/**
 * A create of the project twice: where its second grant is refused, what became
 * of the first one.
 */
const partialCreate = (
  ask: Ask,
  subject: Subject,
  made: Made,
  known: Known,
  {
    gone,
    lag,
    refusal
  }: {
    readonly refusal: Either.Either<Answer, Unanswered>
    readonly gone: string
    readonly lag: number | undefined
  }
) =>
  Effect.gen(function* () {
    const open = notObservable("no create is known of which one project is refused")
    if (!isRefusal(known) || Either.isLeft(refusal)) return open
    if (lag === undefined) return notObservable("a listing does not show in time what was granted")
    yield* made.hidden(lag)
    const answer = yield* grant(ask, subject, made, [subject.project, subject.project])
    if (answer.status !== refusal.right.status) return open
    yield* Effect.sleep(lag)
    const left = (yield* listed(ask, subject)).filter((id) => id !== gone)
    yield* Effect.forEach(left, made.add)
    yield* made.shown
    yield* Effect.forEach(left, (id) => revoke(ask, subject, made, id))
    const outcome: Outcome<ServerBehavior["partialCreate"]> = found(left.length === 0 ? "nothing" : "others")
    return outcome
  })

const count = (seen: ReadonlyArray<Event>, type: Event["type"], id: string): number =>
  seen.filter((event) => event.type === type && event.permission === id).length

/** Whether a write that changed nothing left an event. */
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

const ofAudit = (ask: Ask, known: Known, id: string, lag: number | undefined) =>
  Effect.gen(function* () {
    if (lag === undefined) return { repeatEvents: notObservable("the audit log shows no grant in time") }
    yield* Effect.sleep(lag)
    const seen = yield* eventsSeen(ask)
    const repeats = { repeatEvents: repeatEvents(seen, known, id) }
    const event = seen.find(({ permission, type }) => permission === id && type === "checkpoint.permission.created")
    if (event === undefined || known.auditResources?._tag === "Found") return repeats
    return { ...repeats, ...(yield* orOpen(["auditResources"], auditResources(ask, event))) }
  })

const ofGrant = ["regrant", "partialCreate", "deleteGone", "listingLag", "auditLag", "repeatEvents"] as const

const allAre = (outcome: Outcome<never>): Known => Object.fromEntries(ofGrant.map((name) => [name, outcome]))

/** What a look sees; an answer that stays out shows nothing. */
const look = (seen: Effect.Effect<boolean, Unanswered>): Effect.Effect<boolean, Unanswered> =>
  Effect.catchIf(
    seen,
    ({ sent }) => sent,
    () => Effect.succeed(false)
  )

const openOr = <A>(answer: Either.Either<Answer, Unanswered>, meaning: (answer: Answer) => Outcome<A>): Outcome<A> =>
  Either.isLeft(answer) ? unanswered(answer.left) : meaning(answer.right)

/** Deletes a permission, and once more if it is gone for certain by then. */
const deletedTwice = (ask: Ask, subject: Subject, made: Made, id: string) =>
  Effect.gen(function* () {
    const first = yield* Effect.either(revoke(ask, subject, made, id))
    if (Either.isLeft(first)) return unanswered(first.left)
    if (deletedOf(first.right) !== true) {
      return notObservable(`a delete of what was there was answered with ${first.right.status}`)
    }
    return openOr(yield* Effect.either(revoke(ask, subject, made, id)), Meaning.deleteGone)
  })

/** Grants the project, which has no access, looks at what comes of it, and takes it back. */
const granted = (ask: Ask, subject: Subject, made: Made, before: Known) =>
  Effect.gen(function* () {
    const sent = yield* Clock.currentTimeMillis
    const first = yield* grant(ask, subject, made)
    const span = { sent, answered: yield* Clock.currentTimeMillis }
    const [id] = idsOf(first, subject)
    if (id === undefined) return allAre(notObservable(`the grant was answered with ${first.status}`))

    const isLogged = isFound(before.auditLog, "on")
    const inListing = Effect.map(listed(ask, subject), (ids) => ids.includes(id))
    const inLog = Effect.map(eventsSeen(ask), (seen) => seen.some(({ permission }) => permission === id))
    const lags = yield* watch(span, [
      { name: "listingLag", shows: look(inListing) },
      ...(isLogged ? [{ name: "auditLag" as const, shows: look(inLog) }] : [])
    ])
    const logged: Known = {
      listingLag: lags.listingLag?.outcome ?? notObservable("it was not looked for"),
      auditLag: lags.auditLag?.outcome ?? notObservable("there is no audit log")
    }

    const again = yield* Effect.either(grant(ask, subject, made))
    const doubles = Either.isLeft(again) ? [] : idsOf(again.right, subject).filter((other) => other !== id)
    yield* Effect.forEach(doubles, (double) => Effect.either(revoke(ask, subject, made, double)))
    const deleteGone = yield* deletedTwice(ask, subject, made, id)
    const regrant = openOr(again, (answer) => Meaning.regrant(answer, ownOf(answer, subject), id))
    const known: Known = { ...before, ...logged, regrant, deleteGone }
    const partial = yield* orOpen(
      ["partialCreate"],
      Effect.map(
        partialCreate(ask, subject, made, known, { refusal: again, gone: id, lag: lags.listingLag?.atMost }),
        (outcome) => ({ partialCreate: outcome })
      )
    )
    return {
      ...known,
      ...partial,
      ...(yield* orOpen(["repeatEvents"], ofAudit(ask, known, id, lags.auditLag?.atMost)))
    }
  })

/** Asks what takes a grant; `known` is what the reads have told. */
export const writes = (ask: Ask, subject: Subject, made: Made, known: Known): Effect.Effect<Known> =>
  Effect.map(orOpen(ofGrant, granted(ask, subject, made, known)), (more) => ({ ...known, ...more }))
