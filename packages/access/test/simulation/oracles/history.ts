/** The states of the server over time. */
import { lagOf, type Scenario } from "../scenario/scenario.ts"
import type { Trace } from "../trace.ts"
import type { Exchange, Permission } from "../world/server.ts"
import type { Instant } from "../world/time.ts"

export type State = ReadonlyArray<Permission>

/** A span of time, both ends included. */
export interface Span {
  readonly from: Instant
  readonly to: Instant
}

/** Returns the permissions of a checkpoint at an instant. */
export const stateAt = (trace: Trace, checkpoint: string, at: Instant): State =>
  trace.versions.get(checkpoint)?.findLast(({ since }) => since.order <= at.order)?.permissions ?? []

/**
 * Everything that a checkpoint had at some instant of a span. A listing that
 * lags shows what was before it too, and beside it what was added by hand since.
 */
export const statesIn = (trace: Trace, checkpoint: string, { from, to }: Span, lag: number): ReadonlyArray<State> => {
  const versions = trace.versions.get(checkpoint) ?? []
  const first = versions.findLastIndex(({ since }) =>
    lag === 0 ? since.order <= from.order : since.time <= from.time - lag
  )
  const states = versions.slice(Math.max(0, first)).filter(({ since }) => since.order <= to.order)
  const all = states.map(({ permissions }) => permissions)
  if (lag === 0) return all
  const lacks = (state: State, { id }: Permission): boolean => state.every((one) => one.id !== id)
  const byHand = states.flatMap(({ by, permissions }, index) =>
    by === "another program" ? permissions.filter((one) => lacks(all[index - 1] ?? [], one)) : []
  )
  return [...all, ...all.map((state) => [...state, ...byHand.filter((one) => lacks(state, one))])]
}

export const countOf = (state: State, project: string): number =>
  state.filter(({ project_id }) => project_id === project).length

export const oldestOf = (state: State, project: string): Permission | undefined =>
  state
    .filter(({ project_id }) => project_id === project)
    .sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))[0]

/** Returns the actors that changed a checkpoint in a span. */
export const changersIn = (trace: Trace, checkpoint: string, { from, to }: Span): ReadonlySet<string> =>
  new Set(
    (trace.versions.get(checkpoint) ?? [])
      .filter(({ since }) => since.order > from.order && since.order <= to.order)
      .map(({ by }) => by)
  )

/** A listing as the server saw it: a first request, and those that go on from it. */
export interface Listing extends Span {
  /** Only this project was asked for. */
  readonly project: string | undefined
  readonly pages: number
}

const isLastPage = ({ after, more, result, shown }: Exchange): boolean =>
  result === 200 && more === false && (after === undefined || shown.length > 0)

/**
 * The listings of a checkpoint that a run read to their end before an instant.
 * One that was broken off is part of the next: a client may begin again and
 * keep what it has. What was read before a write is a listing of its own.
 */
export const listingsOf = (trace: Trace, run: string, checkpoint: string, until: Instant): ReadonlyArray<Listing> => {
  const open = new Map<string, Array<Exchange>>()
  const listings: Array<Listing> = []
  const close = (exchanges: ReadonlyArray<Exchange>) => {
    const first = exchanges[0]
    const last = exchanges.at(-1)
    if (first === undefined || last?.ended === undefined) return
    listings.push({ project: first.projects[0], from: first.sent, to: last.ended, pages: exchanges.length })
  }
  for (const exchange of trace.exchanges) {
    const { ended, operation, sent } = exchange
    if (exchange.run !== run || exchange.checkpoint !== checkpoint || sent.order > until.order) continue
    if (operation !== "list") {
      for (const filter of ["", ...exchange.projects, ...exchange.removed.map(({ project_id }) => project_id)]) {
        const exchanges = open.get(filter) ?? []
        if (exchanges.every(({ more }) => more !== false)) continue
        close(exchanges)
        open.delete(filter)
      }
      continue
    }
    if (ended === undefined || ended.order > until.order) continue
    const filter = exchange.projects[0] ?? ""
    const exchanges = [...(open.get(filter) ?? []), exchange]
    if (isLastPage(exchange)) close(exchanges)
    open.set(filter, isLastPage(exchange) ? [] : exchanges)
  }
  // An empty last page was the end if the page before it, read again, still leads there.
  for (const exchanges of open.values()) if (exchanges.some(({ more }) => more === false)) close(exchanges)
  return listings.sort((a, b) => a.to.order - b.to.order)
}

/** The listing that says last what a project has. */
export const lastListingOf = (listings: ReadonlyArray<Listing>, project: string | undefined): Listing | undefined =>
  listings.findLast((listing) => listing.project === undefined || listing.project === project)

/** Every state of a checkpoint that a listing may have shown. */
export const shownBy = (scenario: Scenario, trace: Trace, checkpoint: string, listing: Span): ReadonlyArray<State> =>
  statesIn(trace, checkpoint, listing, lagOf(scenario))
