import { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission, PermissionPage } from "@checkpoint-permissions/core/Permission"
import { IncompleteListing, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as CursorGuard from "./cursorGuard.ts"
import type { RequestError } from "./failure.ts"

/** How many ids are remembered one by one, besides those of the first page and the page before. */
export const exactIds = 4096

/** One page as the server gives it. */
export interface Ask {
  readonly after: PermissionId | undefined
  /** Counted from 1. */
  readonly page: number
  /** Where to resume should this fail. */
  readonly resumeAfter: PermissionId | undefined
  /** Ask for the last permission of the listing: the first one in the opposite order. */
  readonly last?: boolean
}

/** A listing under way: each run of `next` answers a page, or `None` after the last. */
export interface Listing {
  readonly next: Effect.Effect<Option.Option<PermissionPage>, PermissionsError>
}

const asCursor = Schema.decodeUnknownOption(PermissionId)

/** The cursor of the next page: `last_id`, or the last item's id where the server leaves it out. */
const cursorOf = (page: PermissionPage): PermissionId | undefined =>
  Option.getOrElse(asCursor(page.last_id), () => page.data.at(-1)?.id)

const refusedCursor = (error: RequestError): boolean => error._tag === "BadRequest" || error._tag === "NotFound"

const idsOf = (page: PermissionPage): Set<string> => new Set(page.data.map(({ id }) => id))

/**
 * Strict paging in constant space: it ends only where the server says so, and
 * fails rather than be short, endless or doubled.
 *
 * A cursor that was deleted meanwhile makes some servers answer an empty last
 * page, some refuse, some start over. So an empty last page and a refusal are
 * checked from earlier cursors, and a permission that comes again is an error.
 */
export const make = (
  checkpoint: string,
  startAfter: PermissionId | undefined,
  fetch: (ask: Ask) => Effect.Effect<PermissionPage, RequestError>
): Listing => {
  const cursors = CursorGuard.make()
  const firstIds = new Set<string>()
  let received = 0
  let pages = 0
  /** The page before, and what it was asked with. */
  let previous: ReadonlyArray<Permission> = []
  let previousIds = new Set<string>()
  let previousAfter: PermissionId | undefined
  let after = startAfter
  /** What the page was asked with that gave `after`. */
  let gaveAfter = startAfter
  let resumeAfter = startAfter
  let ended = false
  let broken: IncompleteListing | undefined

  if (startAfter !== undefined) cursors.seen(startAfter)

  const incomplete = (reason: string) =>
    new IncompleteListing({ operation: "list", checkpoint, reason, received, resumeAfter })

  const known = (id: string) => firstIds.has(id) || previousIds.has(id)

  /** Takes a page for good and works out what comes next. */
  const accept = (page: PermissionPage, askedWith: PermissionId | undefined, ids = idsOf(page)): PermissionPage => {
    for (const { id } of page.data) {
      if (pages === 0 || firstIds.size < exactIds) firstIds.add(id)
    }
    pages += 1
    received += page.data.length
    if (page.data.length > 0) {
      previous = page.data
      previousIds = ids
      previousAfter = askedWith
      resumeAfter = page.data.at(-1)?.id
    }
    ended = !page.has_more
    if (page.has_more) {
      const cursor = cursorOf(page)
      if (cursor === undefined) {
        broken = incomplete("the server says there is more, but not from where")
      } else if (cursors.seen(cursor)) {
        broken = incomplete(`the server gives the cursor ${cursor} a second time, which would never end`)
      }
      after = cursor
      gaveAfter = askedWith
    }
    return page
  }

  const believed = (page: PermissionPage, askedWith: PermissionId | undefined) =>
    Effect.suspend(() => {
      const ids = new Set<string>()
      // one that came before, or that the page itself has twice
      const again = page.data.find(({ id }) => known(id) || ids.size === ids.add(id).size)
      return again === undefined
        ? Effect.succeed(accept(page, askedWith, ids))
        : incomplete(`the server lists ${again.id} a second time: it may have started over`)
    })

  const ask = (cursor: PermissionId | undefined) => fetch({ after: cursor, page: pages + 1, resumeAfter })

  /** Finds out from an earlier cursor what comes after the page before, when the answer was empty or a refusal. */
  const recover = Effect.fnUntraced(function* (isEmpty: boolean) {
    const why = isEmpty ? "the last page is empty" : "the server no longer takes the cursor"
    const ids = previous.map((permission) => permission.id)
    /** What may come after an earlier cursor besides what is new: the part of the page before that stood after it. */
    const expectedAfter = (cursor: PermissionId | undefined): ReadonlyArray<PermissionId> => {
      const at = cursor === undefined ? -1 : ids.indexOf(cursor)
      return at >= 0 ? ids.slice(at + 1) : cursor === previousAfter ? ids : []
    }
    const earlier = new Set([
      // A server that filters a page once it is cut gives cursors that are no item's: only there do they turn up again.
      ...(after === ids.at(-1) ? [] : [gaveAfter]),
      ...[ids.at(-1), ids.at(-2), ids.at(0), previousAfter].filter((cursor) => cursor !== undefined),
      startAfter
    ])
    if (after !== undefined) earlier.delete(after)
    for (const cursor of earlier) {
      const fromStart = cursor === startAfter
      const answer = yield* Effect.either(ask(cursor))
      if (Either.isLeft(answer)) {
        if (fromStart || !refusedCursor(answer.left)) return yield* Effect.fail(answer.left)
        continue
      }
      const page = answer.right
      const expected = new Set<string>(expectedAfter(cursor))
      const again = page.data.find(({ id }) => !expected.has(id) && known(id))
      if (again !== undefined) {
        return yield* incomplete(`${why}, and from an earlier cursor the server lists ${again.id} again`)
      }
      const fresh = page.data.filter(({ id }) => !expected.has(id))
      const stillThere = (page.has_more && cursorOf(page) === after) || page.data.some(({ id }) => id === after)
      if (isEmpty && fresh.length === 0 && stillThere) {
        // The cursor was not deleted, so the empty page after it was the end.
        return accept({ ...page, data: fresh, has_more: false }, cursor)
      }
      if (fromStart && fresh.length > 0 && received > exactIds) break
      const leadsTo = page.has_more ? cursorOf(page) : undefined
      const leadsOn = leadsTo !== undefined && leadsTo !== after && !earlier.has(leadsTo)
      const trusted = fresh.length > 0 || (page.has_more ? leadsOn : page.data.length > 0 || fromStart)
      if (trusted) return accept({ ...page, data: fresh }, cursor)
    }
    return yield* incomplete(`${why}, and no earlier cursor is left to go on from`)
  })

  /**
   * What a listing resumes after may have been deleted. So it is believed to have nothing more only if that is the
   * last there is, and to have more only if that is not how a listing begins: some servers start over.
   */
  const first = Effect.gen(function* () {
    const page = yield* ask(startAfter)
    if (startAfter !== undefined && (page.data.length > 0 || page.has_more)) {
      const start = yield* fetch({ after: undefined, page: 1, resumeAfter })
      const isSame =
        page.data.length > 0 || start.data.length > 0
          ? page.data[0]?.id === start.data[0]?.id
          : start.has_more && cursorOf(page) === cursorOf(start)
      if (isSame) {
        return yield* incomplete(
          `the server starts over where it was asked to go on after ${startAfter}: it may be gone`
        )
      }
    }
    if (startAfter !== undefined && page.data.length === 0 && !page.has_more) {
      const end = yield* fetch({ after: undefined, page: 1, resumeAfter, last: true })
      const last = end.data[0]
      if (last === undefined ? end.has_more : last.id !== startAfter) {
        return yield* incomplete(`nothing comes after ${startAfter}, yet it is not the last permission: it may be gone`)
      }
    }
    return yield* believed(page, startAfter)
  })

  const page: Effect.Effect<PermissionPage, PermissionsError> = Effect.suspend(() =>
    Effect.matchEffect(ask(after), {
      onFailure: (error) => (refusedCursor(error) ? recover(false) : Effect.fail(error)),
      onSuccess: (page) => (page.data.length === 0 && !page.has_more ? recover(true) : believed(page, after))
    })
  )

  const next = Effect.suspend((): Effect.Effect<Option.Option<PermissionPage>, PermissionsError> => {
    if (broken !== undefined) return Effect.fail(broken)
    return ended ? Effect.succeedNone : Effect.asSome(pages === 0 ? first : page)
  })

  return { next }
}
