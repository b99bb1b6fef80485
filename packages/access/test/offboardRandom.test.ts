import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { deleteEvent, grantEvent, leaver, listing, names, offboarding, withoutFilter } from "./support/offboarding.ts"
import { inWorld } from "./support/world.ts"

const places = names(6)
const place = fc.constantFrom(...places)

/** An organization: permissions of the project, and how much of their history the log has. */
const organizations = fc.record({
  permissions: fc.array(fc.record({ place, isLogged: fc.boolean(), namesPlace: fc.boolean() }), { maxLength: 8 }),
  ended: fc.array(fc.record({ place, hasEnd: fc.boolean() }), { maxLength: 4 }),
  given: fc.uniqueArray(place),
  rivals: fc.array(fc.record({ after: fc.nat({ max: 12 }), place }), { maxLength: 4 }),
  unreadable: fc.option(place, { nil: undefined, freq: 2 }),
  undeletable: fc.option(place, { nil: undefined, freq: 2 }),
  behavior: fc.record({
    auditLag: fc.constantFrom(0, 3000, { min: 0, max: 600_000 }),
    dashboardEvents: fc.constantFrom(0, 0.5, 1),
    listingLag: fc.constantFrom(0, 2000),
    auditActor: fc.constantFrom("session" as const, "api-key" as const),
    auditLog: fc.constantFrom("on" as const, "on" as const, "on" as const, "off" as const, "empty" as const),
    regrant: fc.constantFrom("existing" as const, "second" as const),
    deleteGone: fc.constantFrom("not-found" as const, "deleted-false" as const, "deleted-true" as const),
    owners: fc.constantFrom({}, {}, { [places[0] ?? ""]: leaver }),
    latency: fc.constantFrom(0, 300)
  }),
  isFilterWrong: fc.boolean(),
  maxRevokes: fc.constantFrom(100, 100, 3),
  stopAfter: fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 5 })
})

let removed = 0

describe("a random organization", () => {
  afterAll(() => assert.isAbove(removed, 2, "runs that end with Removed"))

  it.effect.prop(
    "is never reported as removed while a known checkpoint lists the project at its last read",
    { organization: organizations },
    ({
      organization: {
        behavior,
        ended,
        given,
        isFilterWrong,
        maxRevokes,
        permissions,
        rivals,
        stopAfter,
        undeletable,
        unreadable
      }
    }) => {
      const seed = Object.fromEntries(
        places.map((name) => [
          name,
          permissions.flatMap((one, i) =>
            one.place === name ? [{ id: `cp_${i}`, project_id: leaver, created_at: 100 + i }] : []
          )
        ])
      )
      const events = [
        ...permissions.flatMap(({ isLogged, namesPlace, place }, i) =>
          isLogged ? [grantEvent(`cp_${i}`, namesPlace ? place : undefined, 100 + i)] : []
        ),
        ...ended.flatMap(({ hasEnd, place }, i) => [
          grantEvent(`cp_e${i}`, place, 200 + i),
          ...(hasEnd ? [deleteEvent(`cp_e${i}`, 300 + i)] : [])
        ])
      ]
      return inWorld(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          if (unreadable !== undefined) {
            yield* fake.inject(Faults.error(400), { operation: "list", checkpoint: unreadable, times: 99 })
          }
          if (undeletable !== undefined) {
            yield* fake.inject(Faults.error(409), { operation: "delete", checkpoint: undeletable, times: 99 })
          }
          /** Permissions that others grant while it runs, with the time of each. */
          const granted: Array<{ readonly place: string; readonly at: number }> = []
          yield* Effect.forEach(rivals, ({ after, place }) =>
            Effect.fork(
              Effect.gen(function* () {
                yield* fake.awaitRequests(after)
                yield* fake.grant(place, leaver)
                granted.push({ place, at: (yield* Effect.clock).unsafeCurrentTimeMillis() })
              })
            )
          )
          const stop = stopAfter === undefined ? Effect.never : fake.awaitRequests(stopAfter)
          const run = offboarding({ checkpoints: given, maxRevokes, stop })
          const { first, verdict } = yield* isFilterWrong ? withoutFilter(run) : run
          assert.isAtMost(verdict.revoked.length, maxRevokes)
          if (first._tag !== "Removed") return
          removed += 1
          const known = new Map(verdict.matrix.rows.map((one) => [String(one.checkpoint), one]))
          const isKnown = behavior.auditLog === "on" ? [...given, ...ended.map(({ place }) => place)] : given
          for (const name of isKnown) assert.isTrue(known.has(name), name)
          const left = yield* listing
          for (const row of known.values()) {
            const { checkpoint } = row
            assert.isTrue(row.complete || row.notFound === true)
            assert.isFalse(row.permissions.some(({ project_id }) => project_id === leaver))
            // a listing that lags shows a grant of another actor later
            const from = row.readFrom?.epochMillis ?? 0
            const isLater = granted.some(({ at, place }) => place === checkpoint && at + behavior.listingLag >= from)
            assert.isTrue(isLater || !left.includes(checkpoint), checkpoint)
          }
        }),
        {
          seed,
          behavior,
          // a listing or delete that a fault is for may not be needed
          strictFaults: false,
          organization: { events: behavior.auditLog === "empty" ? [] : events }
        }
      )
    },
    { fastCheck: { numRuns: Number(process.env["RUNS"] ?? 40) } }
  )
})
