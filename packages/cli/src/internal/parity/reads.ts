/** What a server tells by being read: no more than GETs. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Event } from "./answers.ts"
import { eventsOf, pageOf } from "./answers.ts"
import type { Ask, Unanswered } from "./exchange.ts"
import * as Question from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import type { NotAsked, NotObservable, Outcomes } from "./outcome.ts"
import { found, notAsked, notObservable } from "./outcome.ts"
import * as Pages from "./pages.ts"
import { sampled } from "./sampling.ts"

/** A checkpoint that nobody has. */
export const nobodys = "ft:gpt-4o-mini-2024-07-18:parity:nobody:00000000"

const gone = "cp_parity0000000000000000"

type Known = Partial<Outcomes>

/** A setting whose answer stays out. */
export const unanswered = ({ reason, sent }: Unanswered): NotAsked | NotObservable =>
  sent ? notObservable(`no answer: ${reason}`) : notAsked(reason)

/** What is left open when an answer stays out. */
export const orOpen = (
  names: ReadonlyArray<keyof Outcomes>,
  probe: Effect.Effect<Known, Unanswered>
): Effect.Effect<Known> =>
  Effect.catchAll(probe, (error) => Effect.succeed(Object.fromEntries(names.map((name) => [name, unanswered(error)]))))

const keyScope = (ask: Ask) =>
  Effect.map(ask(Question.models), (answer): Known => ({ missingScopeStatus: Meaning.missingScopeStatus(answer) }))

const modelPermissions = (ask: Ask) =>
  Effect.gen(function* () {
    const projects = pageOf(yield* ask(Question.projects(2)))
    const answers = yield* Effect.forEach(projects?.items ?? [], ({ id }) => ask(Question.modelPermissions(id)))
    return { unsetModelPermissions: Meaning.unsetModelPermissions(answers) }
  })

const created = ["event_types[]", "checkpoint.permission.created"] as const

/** Looks for an event by each of its ids. */
export const auditResources = (ask: Ask, event: Event) =>
  Effect.gen(function* () {
    const matching = yield* Effect.filter(Meaning.resourcesOf(event), ([, id]) =>
      Effect.map(ask(Question.auditLogs([created, ["resource_ids[]", id], ["limit", "100"]])), (answer) =>
        (eventsOf(answer) ?? []).some((one) => one.id === event.id)
      )
    )
    const known: Known = { auditResources: found(matching.map(([resource]) => resource)) }
    return known
  })

const audit = (ask: Ask) =>
  Effect.gen(function* () {
    const answer = yield* ask(Question.auditLogs([created, ["limit", "1"]]))
    const auditLog = Meaning.auditLog(answer)
    const [event] = eventsOf(answer) ?? []
    const open = { auditResources: notObservable("no grant stands in the audit log") }
    const resources = event === undefined ? open : yield* orOpen(["auditResources"], auditResources(ask, event))
    return { auditLog, ...resources }
  })

const ofListing = ["overLimit", "maxLimit", "shortPages", "defaultLimit", "unknownAfter", "underLimit"] as const

/** Of a server that lists the checkpoint; the refusals of any other say nothing about the parameters. */
const listing = (ask: Ask, checkpoint: string) =>
  Effect.gen(function* () {
    const sample = yield* sampled(ask, checkpoint)
    const { maxLimit, overLimit, pattern } = sample
    const answers = yield* Effect.either(
      Effect.replicateEffect(ask(Question.list(checkpoint)), pattern === "every-other" ? 2 : 1)
    )
    const plain = Either.isLeft(answers) ? [] : answers.right.flatMap((one) => pageOf(one) ?? [])
    const pages = [...sample.pages, ...plain]
    if (pages.length === 0) {
      const why = Either.isLeft(answers)
        ? unanswered(answers.left)
        : notObservable(`the server answers ${answers.right[0]?.status ?? "nothing"} to a listing of this checkpoint`)
      return Object.fromEntries(ofListing.map((name) => [name, why]))
    }
    const items = pages.flatMap((page) => page.items)
    const defaultLimit = Either.isLeft(answers) ? unanswered(answers.left) : Pages.defaultLimit(pattern, plain)
    const [newest] = items
    const older = items.find(({ project }) => project !== undefined && project !== newest?.project)
    const filtered = orOpen(
      ["shortPages"],
      Effect.gen(function* () {
        if (pattern !== "full" || older?.project === undefined) {
          return { shortPages: Pages.shortPages(pattern, undefined) }
        }
        const query = [
          ["project_id", older.project],
          ["limit", "1"]
        ] as const
        return { shortPages: Pages.shortPages(pattern, pageOf(yield* ask(Question.list(checkpoint, query)))) }
      })
    )
    const after = orOpen(
      ["unknownAfter"],
      Effect.map(ask(Question.list(checkpoint, [["after", gone]])), (answer) => ({
        unknownAfter: Meaning.unknownAfter(answer, items.length === 0)
      }))
    )
    const under = orOpen(
      ["underLimit"],
      Effect.map(ask(Question.list(checkpoint, [["limit", "0"]])), (answer) => ({
        underLimit: Meaning.underLimit(answer)
      }))
    )
    const known: Known = { overLimit, maxLimit, defaultLimit }
    return Object.assign(known, yield* after, yield* under, yield* filtered)
  })

/** Asks everything that needs no write; `checkpoint` is one that has permissions. */
export const reads = Effect.fnUntraced(function* (ask: Ask, checkpoint: string | undefined) {
  const scope = yield* orOpen(["missingScopeStatus"], keyScope(ask))
  const unset = yield* orOpen(["unsetModelPermissions"], modelPermissions(ask))
  const log = yield* orOpen(["auditLog", "auditResources"], audit(ask))
  const unknown = yield* orOpen(
    ["unknownCheckpoints"],
    Effect.map(ask(Question.list(nobodys, [["limit", "1"]])), (answer) => ({
      unknownCheckpoints: Meaning.unknownCheckpoints(answer)
    }))
  )
  const isAccepted = unknown.unknownCheckpoints?._tag === "Found" && unknown.unknownCheckpoints.value === "accept"
  const subject = checkpoint ?? (isAccepted ? nobodys : undefined)
  const pages = subject === undefined ? {} : yield* orOpen(ofListing, listing(ask, subject))
  const known: Known = { ...scope, ...unset, ...log, ...unknown, ...pages }
  return known
})
