import { Access } from "@checkpoint-permissions/access"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { checkpoint, inWorld, otherAccess, project, projects, type World } from "./support/world.ts"

/**
 * Two services know nothing of each other: no order is promised, but each
 * outcome is that of some order. What the grant says, what the revoke says, and
 * how many permissions there are in the end:
 *
 * | before | grant | revoke | after | as if |
 * | --- | --- | --- | --- | --- |
 * | none | granted | absent | 1 | the revoke came first |
 * | none | granted | revoked | 0 | the grant came first |
 * | some | alreadyGranted | revoked | 0 | the grant came first |
 * | some | granted | revoked | 1 | the revoke came first |
 *
 * Where the reply to a create comes too late, one more: from none, `granted` and
 * `revoked` can leave 1. What the grant had made was revoked before it looked,
 * so it granted again: grant, revoke, grant.
 *
 * Never more than one, never a failure.
 */
const legal = {
  none: ["granted, absent, 1", "granted, revoked, 0"],
  some: ["alreadyGranted, revoked, 0", "granted, revoked, 1"]
}

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const fake = FakePermissions.FakePermissions
const { unknowns } = ServerBehavior
const both = { concurrency: "unbounded" } as const

/** One service grants and another revokes or grants, each after some milliseconds. */
const together = <B, E>(wait: number, other: Effect.Effect<B, E, Access.Access>, world: World) =>
  inWorld(
    Effect.gen(function* () {
      const elsewhere = yield* otherAccess()
      const [granted, report] = yield* Effect.all(
        [
          Effect.delay(Access.grant(weather, projects("proj_a")), Math.max(0, -wait)),
          Effect.delay(other, Math.max(0, wait)).pipe(Effect.provideService(Access.Access, elsewhere))
        ],
        both
      )
      const { permissions } = yield* fake
      return { granted, report, left: yield* permissions(weather) }
    }),
    { ...world, behavior: { ...world.behavior, latency: "10 millis", replyLatency: "10 millis" } }
  )

const named = (report: object): string =>
  Object.entries(report).flatMap(([name, list]) => (Array.isArray(list) && list.length > 0 ? [name] : []))[0] ?? ""

/** No two requests come at the same instant. */
const waits = Array.from({ length: 8 }, (_, n) => n * 20 - 75)

const outcomes = (before: number, world: World) =>
  Effect.gen(function* () {
    const seen = new Set<string>()
    // The server's answer to a second grant matters where a create is sent again.
    for (const regrant of world.faults === undefined || before > 0 ? (["second"] as const) : unknowns.regrant) {
      for (const wait of waits) {
        const { granted, left, report } = yield* together(wait, Access.revoke(weather, projects("proj_a")), {
          ...world,
          seed: { [weather]: Array.from({ length: before }, () => project("proj_a")) },
          behavior: { regrant }
        })
        seen.add(`${named(granted)}, ${named(report)}, ${left.length}`)
      }
    }
    return [...seen].sort()
  })

describe("a concurrent grant and revoke of one project by two services end as one of the legal outcomes", () => {
  const befores = [
    ["without a permission before", 0, legal.none],
    ["with one", 1, legal.some],
    ["with several", 3, legal.some]
  ] as const
  it.effect.each(befores)("%s", ([, before, expected]) =>
    Effect.map(outcomes(before, {}), (seen) => assert.deepStrictEqual<ReadonlyArray<string>>(seen, expected))
  )

  scoped("when the reply to the create arrives too late", function* () {
    const faults = Faults.scripted([{ fault: Faults.latency({ after: "40 seconds" }), operation: "create" }])
    assert.deepStrictEqual(yield* outcomes(0, { faults }), ["granted, absent, 1", "granted, revoked, 1"])
    assert.deepStrictEqual(yield* outcomes(1, { faults }), legal.some)
  })
})

describe("a listing during revokes and grants of another service", () => {
  it.effect("removes the access of no project, also if its first permissions were deleted meanwhile", () =>
    Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], (nth) =>
      inWorld(
        Effect.gen(function* () {
          const { permissions } = yield* fake
          const elsewhere = yield* otherAccess({ pageSize: 1, prefetch: false })
          yield* Effect.all(
            [
              Effect.ignore(Access.grant(weather, projects("proj_a"))),
              Effect.zipRight(
                Access.revoke(weather, projects("proj_a")),
                Access.grant(weather, projects("proj_a", "proj_b"))
              ).pipe(Effect.delay("20 seconds"), Effect.provideService(Access.Access, elsewhere))
            ],
            both
          )
          const left = (yield* permissions(weather)).filter(({ project_id }) => project_id === "proj_a")
          assert.isAtLeast(left.length, 1, `a 503 to request ${nth}`)
        }),
        {
          seed: { [weather]: ["proj_b", "proj_b", "proj_b", "proj_x", "proj_y", "proj_z"] },
          behavior: { shortPages: "filter-after-limit" },
          client: { pageSize: 1, prefetch: false },
          faults: Faults.scripted([{ fault: Faults.error(503, { headers: { "retry-after": "61" } }), nth }])
        }
      )
    )
  )
})
