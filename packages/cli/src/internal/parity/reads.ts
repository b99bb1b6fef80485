/** The settings that GETs alone can find. */

import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Question from "./exchange.ts"
import { type Event, eventsOf, pageOf, type Send, type Unanswered } from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import { found, isFound, type Known, notAsked, notObservable, type Outcome, type Outcomes } from "./meanings.ts"
import * as Pages from "./pages.ts"
import { sampled } from "./pages.ts"

/** The id of a checkpoint that does not exist. */
export const unknownCheckpoint = "ft:gpt-4o-mini-2024-07-18:parity:nobody:00000000"

const unknownPermission = "cp_parity0000000000000000"

/** Returns the outcome of a setting without an answer. */
export const unanswered = ({ reason, sent }: Unanswered) => (sent ? notObservable(reason) : notAsked(reason))

/** Leaves a setting open if its answer is missing. */
export const orUnanswered = <A>(outcome: Effect.Effect<Outcome<A>, Unanswered>): Effect.Effect<Outcome<A>> =>
  Effect.catchAll(outcome, (error) => Effect.succeed(unanswered(error)))

/** Leaves all settings of a probe open if an answer is missing. */
export const allOrUnanswered = (names: ReadonlyArray<keyof Outcomes>, probe: Effect.Effect<Known, Unanswered>) =>
  Effect.catchAll(probe, (error) => Effect.succeed(Object.fromEntries(names.map((name) => [name, unanswered(error)]))))

const modelPermissions = Effect.fnUntraced(function* (ask: Send) {
  const projects = pageOf(yield* ask(Question.projects(2)))
  return Meaning.unsetModelPermissions(
    yield* Effect.forEach(projects?.items ?? [], ({ id }) => ask(Question.modelPermissions(id)))
  )
})

const created = ["event_types[]", "checkpoint.permission.created"] as const

/** Looks for an event by each of its ids. */
export const auditResources = (ask: Send, event: Event): Effect.Effect<Outcomes["auditResources"]> =>
  orUnanswered(
    Effect.filter(Meaning.resourcesOf(event), ([, id]) =>
      Effect.map(ask(Question.auditLogs([created, ["resource_ids[]", id], ["limit", "100"]])), (answer) =>
        (eventsOf(answer) ?? []).some((one) => one.id === event.id)
      )
    ).pipe(Effect.map((matching) => found(matching.map(([resource]) => resource))))
  )

const audit = Effect.fnUntraced(function* (ask: Send) {
  const answer = yield* ask(Question.auditLogs([created, ["limit", "1"]]))
  const [event] = eventsOf(answer) ?? []
  return {
    auditLog: Meaning.auditLog(answer),
    auditResources:
      event === undefined ? notObservable("no grant stands in the audit log") : yield* auditResources(ask, event)
  }
})

const listingSettings = ["overLimit", "maxLimit", "shortPages", "defaultLimit", "unknownAfter", "underLimit"] as const

/**
 * Reads the settings of listings. Fails if the server refuses to list the checkpoint: its refusals then prove nothing
 * about parameters.
 */
const listing = Effect.fnUntraced(function* (ask: Send, checkpoint: string) {
  const list = (...query: Question.ApiRequest["query"]) => ask(Question.list(checkpoint, query))
  const sample = yield* sampled(list)
  const { maxLimit, overLimit, pattern } = sample
  const answers = yield* Effect.either(Effect.replicateEffect(list(), pattern === "every-other" ? 2 : 1))
  const plain = Either.isLeft(answers) ? [] : answers.right.flatMap((one) => pageOf(one) ?? [])
  const pages = [...sample.pages, ...plain]
  if (pages.length === 0) {
    const [answer] = yield* answers
    const reason = `the server answers ${answer?.status ?? "nothing"} to a listing of this checkpoint`
    return yield* new Question.Unanswered({ reason, sent: true })
  }
  const items = pages.flatMap((page) => page.items)
  const [newest] = items
  const older = items.find(({ project }) => project !== undefined && project !== newest?.project)?.project
  const filtered =
    pattern !== "full" || older === undefined
      ? Effect.succeed(undefined)
      : Effect.map(list(["project_id", older], ["limit", "1"]), pageOf)
  // The next two replies prove no setting: they are evidence on order and cursors, which a recording keeps.
  const [page] = sample.pages
  const cursor = page?.items.at(page.more ? -1 : page.items.length / 2)
  if (page !== undefined && cursor !== undefined) {
    yield* Effect.ignore(list(["after", cursor.id], ["limit", String(Math.min(100, page.items.length))]))
  }
  yield* Effect.ignore(list(["order", "ascending"], ["limit", "2"]))
  const known: Known = {
    overLimit,
    maxLimit,
    defaultLimit: Either.isLeft(answers) ? unanswered(answers.left) : Pages.defaultLimit(pattern, plain),
    unknownAfter: yield* orUnanswered(
      Effect.map(list(["after", unknownPermission]), (answer) => Meaning.unknownAfter(answer, items.length === 0))
    ),
    underLimit: yield* orUnanswered(Effect.map(list(["limit", "0"]), Meaning.underLimit)),
    shortPages: yield* orUnanswered(Effect.map(filtered, (page) => Pages.shortPages(pattern, page)))
  }
  return known
})

/** Reads all settings that need no write. `checkpoint` is one that has permissions. */
export const reads = Effect.fnUntraced(function* (ask: Send, checkpoint: string | undefined) {
  const known: Known = {
    missingScopeStatus: yield* orUnanswered(Effect.map(ask(Question.models), Meaning.missingScopeStatus)),
    unsetModelPermissions: yield* orUnanswered(modelPermissions(ask)),
    ...(yield* allOrUnanswered(["auditLog", "auditResources"], audit(ask))),
    unknownCheckpoints: yield* orUnanswered(
      Effect.map(ask(Question.list(unknownCheckpoint, [["limit", "1"]])), Meaning.unknownCheckpoints)
    )
  }
  const subject = checkpoint ?? (isFound(known.unknownCheckpoints, "accept") ? unknownCheckpoint : undefined)
  return subject === undefined
    ? known
    : { ...known, ...(yield* allOrUnanswered(listingSettings, listing(ask, subject))) }
})
