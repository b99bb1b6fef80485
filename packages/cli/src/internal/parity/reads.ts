/** The settings that a run can find with GETs only. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { errorOf } from "../server/body.ts"
import * as Request from "./exchange.ts"
import { type ApiRequest, created, type Event, eventsOf, type Page, pageOf, type Send, Unanswered } from "./exchange.ts"
import * as Setting from "./outcomes.ts"
import { found, isFound, notObservable, type Outcome, type Outcomes, orUnanswered } from "./outcomes.ts"

/** The pattern of page sizes: all full, every second one of half the size, or random. */
type Pattern = "full" | "every-other" | "random"

/**
 * The size below which random page sizes could look like a pattern. Example: three sizes, drawn from 1 to 10, are all
 * 10 once in a thousand runs.
 */
const minSize = 10

const isEveryOther = (sizes: ReadonlyArray<number>, full: number): boolean =>
  [0, 1].some((parity) => sizes.every((size, i) => size === (i % 2 === parity ? full : Math.ceil(full / 2))))

/**
 * Returns the pattern of consecutive pages with the same `limit`, all with a following page. If it is unknown whether
 * the server applies the `limit`, the largest page counts as full. Returns `undefined` if the pages are too few or too
 * small.
 */
export const patternOf = (sizes: ReadonlyArray<number>, limit?: number): Pattern | undefined => {
  const full = limit ?? Math.max(...sizes)
  if (sizes.length < 3) return undefined
  const pattern = sizes.every((size) => size === full) ? "full" : isEveryOther(sizes, full) ? "every-other" : "random"
  return pattern === "random" || full >= minSize ? pattern : undefined
}

/**
 * Reads the setting of short pages. `filtered` is a page with `limit` 1 for a project that does not have the newest
 * permission.
 */
const shortPages = (pattern: Pattern | undefined, filtered: Page | undefined): Outcome => {
  switch (pattern) {
    case undefined:
      return notObservable(`needs more than ${minSize} permissions`)
    case "every-other":
      return found("every-other")
    case "random":
      return found({ seed: 1 }, "sizes look random: any seed does the same")
    case "full":
      if (filtered === undefined) return notObservable("all permissions are of one project")
      return found(filtered.items.length === 0 && filtered.more ? "filter-after-limit" : "never")
  }
}

const sizesOf = (pages: ReadonlyArray<Page>) => pages.map(({ items }) => items.length)

const randomSizes = notObservable("pages are short at random")

/** Reads the setting from pages that were listed without a `limit`. */
const defaultLimit = (pattern: Pattern | undefined, pages: ReadonlyArray<Page>): Outcome => {
  if (pattern === undefined) return notObservable("too few permissions to distinguish a short page from a full one")
  if (pattern === "random") return randomSizes
  const full = Math.max(...sizesOf(pages))
  return pages.every(({ items, more }) => items.length < full || more)
    ? found(full)
    : notObservable(`a page without a limit shows all ${full} permissions`)
}

/** A `limit` larger than any server accepts. */
const hugeLimit = 100_000

type List = (...query: ApiRequest["query"]) => ReturnType<Send>

/** Lists pages. Returns the settings of `limit`, the pattern of sizes, and the pages. */
const sample = Effect.fnUntraced(function* (list: List) {
  const ofLimit = (limit: number) => list(["limit", String(limit)])

  /** Lists up to `count` pages with one `limit`. Stops after the last page or a refusal. */
  const pagesOf = Effect.fnUntraced(function* (limit: number, count: number, ...before: ReadonlyArray<Page>) {
    const pages = [...before]
    while (pages.length < count && pages.at(-1)?.more !== false) {
      const page = pageOf(yield* ofLimit(limit))
      if (page === undefined) break
      pages.push(page)
    }
    return pages
  })

  const response = yield* ofLimit(hugeLimit)
  const overLimit = Setting.overLimit(response)
  const clamped = pageOf(response)
  const [, stated] = /<= ([1-9]\d{0,5})\b/.exec(errorOf(response.body).message ?? "") ?? []
  const limit = clamped === undefined ? Number(stated ?? 100) : hugeLimit
  const other = notObservable(
    stated === undefined
      ? "the maximum is not 100, and the refusal does not contain it"
      : `the maximum is not ${stated}`
  )
  const first = clamped ?? pageOf(yield* ofLimit(limit))
  if (first === undefined) return { overLimit, maxLimit: other, pattern: undefined, pages: [] }
  const over = clamped === undefined ? Setting.overLimit(yield* ofLimit(limit + 1)) : undefined
  const pages = yield* pagesOf(limit, clamped === undefined ? 3 : 4, first)
  const whole = pages.find(({ more }) => !more)?.items.length
  // A listing that fits into one page is read with a `limit` just below its length.
  const below = Math.min((whole ?? 0) - 1, 100)
  const smaller = below < minSize ? [] : yield* pagesOf(below, 3)
  const smallerPattern = smaller.every(({ more }) => more) ? patternOf(sizesOf(smaller), below) : undefined
  const pattern =
    whole === undefined ? patternOf(sizesOf(pages), clamped === undefined ? limit : undefined) : smallerPattern
  const clampedTo =
    whole !== undefined
      ? notObservable(`one page has all ${whole} permissions`)
      : pattern === "full" || pattern === "every-other"
        ? found(Math.max(...sizesOf(pages)))
        : randomSizes
  const refusedAbove = isFound(over, "bad-request") ? found(limit) : other
  return { overLimit, maxLimit: over === undefined ? clampedTo : refusedAbove, pattern, pages }
})

const unknownPermission = "cp_parity0000000000000000"

/**
 * Finds the settings of listings. They stay open if the server refuses to list the checkpoint, since its refusals then
 * prove nothing about parameters.
 */
const listingProbe = (send: Send, checkpoint: string): Effect.Effect<Outcomes> =>
  Effect.gen(function* () {
    const ask: List = (...query) => send(Request.list(checkpoint, query))
    const sampled = yield* sample(ask)
    const { maxLimit, overLimit, pattern } = sampled
    const responses = yield* Effect.either(Effect.replicateEffect(ask(), pattern === "every-other" ? 2 : 1))
    const plain = Either.isLeft(responses) ? [] : responses.right.flatMap((one) => pageOf(one) ?? [])
    const pages = [...sampled.pages, ...plain]
    if (pages.length === 0) {
      const [response] = yield* responses
      const reason = `the server answers ${response?.status ?? "nothing"} to a listing of this checkpoint`
      return yield* new Unanswered({ reason, sent: true })
    }
    const items = pages.flatMap((page) => page.items)
    const [newest] = items
    const older = items.find(({ project }) => project !== undefined && project !== newest?.project)?.project
    const filtered =
      pattern !== "full" || older === undefined
        ? Effect.succeed(undefined)
        : Effect.map(ask(["project_id", older], ["limit", "1"]), pageOf)
    return {
      overLimit,
      maxLimit,
      defaultLimit: yield* orUnanswered(Effect.map(responses, () => defaultLimit(pattern, plain))),
      unknownAfter: yield* orUnanswered(
        Effect.map(ask(["after", unknownPermission]), (response) => Setting.unknownAfter(response, items.length === 0))
      ),
      underLimit: yield* orUnanswered(Effect.map(ask(["limit", "0"]), Setting.underLimit)),
      shortPages: yield* orUnanswered(Effect.map(filtered, (one) => shortPages(pattern, one)))
    }
  }).pipe(Setting.ofListing)

/** The id of a checkpoint that does not exist. */
const unknownCheckpoint = "ft:gpt-4o-mini-2024-07-18:parity:nobody:00000000"

const modelPermissions = Effect.fnUntraced(function* (send: Send) {
  const projects = pageOf(yield* send(Request.projects(2)))
  return Setting.unsetModelPermissions(
    yield* Effect.forEach(projects?.items ?? [], ({ id }) => send(Request.modelPermissions(id)))
  )
})

const createdEvents = ["event_types[]", created] as const

/** Searches the log for an event by each of its ids. */
export const auditResources = (send: Send, event: Event): Effect.Effect<Outcome> =>
  Effect.filter(["permission", "checkpoint", "project"] as const, (resource) => {
    const id = event[resource]
    if (id === undefined) return Effect.succeed(false)
    return Effect.map(send(Request.auditLogs([createdEvents, ["resource_ids[]", id], ["limit", "100"]])), (response) =>
      (eventsOf(response) ?? []).some((one) => one.id === event.id)
    )
  }).pipe(
    Effect.map((resources) => found(resources)),
    orUnanswered
  )

const auditProbe = (send: Send): Effect.Effect<Outcomes> =>
  Effect.gen(function* () {
    const response = yield* send(Request.auditLogs([createdEvents, ["limit", "1"]]))
    const [event] = eventsOf(response) ?? []
    const none = notObservable("the audit log has no grant")
    return {
      auditLog: Setting.auditLog(response),
      auditResources: event === undefined ? none : yield* auditResources(send, event)
    }
  }).pipe(Setting.ofAudit)

/** Finds all settings that need no write. `checkpoint` must have permissions. */
export const reads = Effect.fnUntraced(function* (send: Send, checkpoint: string | undefined) {
  const known: Outcomes = {
    missingScopeStatus: yield* orUnanswered(Effect.map(send(Request.models), Setting.missingScopeStatus)),
    unsetModelPermissions: yield* orUnanswered(modelPermissions(send)),
    ...(yield* auditProbe(send)),
    unknownCheckpoints: yield* orUnanswered(
      Effect.map(send(Request.list(unknownCheckpoint, [["limit", "1"]])), Setting.unknownCheckpoints)
    )
  }
  const listed = checkpoint ?? (isFound(known["unknownCheckpoints"], "accept") ? unknownCheckpoint : undefined)
  return listed === undefined ? known : { ...known, ...(yield* listingProbe(send, listed)) }
})
