import { Identifiers, type PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect } from "effect"
import { Access, type AccessMatrix, type AccessPlan, type Journal } from "../src/index.ts"
import { secondReadFrom, stateOf } from "../src/internal/offboard/verdict.ts"
import { recorder } from "./support/applied.ts"
import { deleteEvent, grantEvent, leaver, listing, names, offboarding, withoutFilter } from "./support/offboarding.ts"
import { checkpoint, inWorld, requestCounts, requests, test, type World } from "./support/world.ts"

const [a, b, c] = ["ft:a", "ft:b", "ft:c"]
const matrixOf = (rows: ReadonlyArray<AccessMatrix.Row>): AccessMatrix.AccessMatrix => ({
  format: "checkpoint-permissions/matrix",
  version: 3,
  createdAt: DateTime.unsafeMake(0),
  apiUrl: "https://api.openai.com/v1",
  names: {},
  projects: [],
  rows
})
const held = (id: string) => ({ id, project_id: leaver, created_at: 1000 })

describe("the endings of an offboarding", () => {
  const at = (seconds: number) => DateTime.unsafeMake(seconds * 1000)
  const span = { checkpoint: checkpoint(a), readFrom: at(10), readAt: at(11), permissions: [] }
  const gone = { ...span, complete: false, reason: "404", notFound: true } as const
  const other = { ...span, checkpoint: checkpoint(b), complete: true } as const
  const empty = { ...span, complete: true } as const
  const owned = (owner: string) => ({ owner: Identifiers.ProjectId.make(owner), ownerSource: "job" }) as const
  it.each<[AccessMatrix.Row, lastDelete: number, isAnswered: boolean, string]>([
    [{ ...empty, ...owned("proj_keep") }, 0, true, "removed"],
    [{ ...empty, ...owned("proj_keep") }, 10_000, true, "removed"],
    [{ ...empty, ...owned("proj_keep") }, 10_001, true, "unread"],
    [empty, 0, true, "owner unknown"],
    [{ ...empty, ...owned("proj_keep"), ownerSource: "policy" }, 0, true, "owner unknown"],
    [{ ...empty, ...owned(leaver) }, 0, true, "owner"],
    [gone, 0, true, "gone"],
    [gone, 0, false, "unread"]
  ])("%# by the last read, which began after the last delete", (row, lastDelete, isAnswered, state) => {
    const matrix = { ...matrixOf(isAnswered ? [row, other] : [row]) }
    const facts = { project: Identifiers.ProjectId.make(leaver), notBefore: new Map([[a, lastDelete]]) }
    assert.strictEqual(stateOf(matrix, row, facts), state)
  })

  it("the log is read again from ten minutes before its newest event, whatever the clock", () => {
    const event = (effective_at: number) => ({ id: `e${effective_at}`, type: "x", effective_at })
    assert.deepStrictEqual(secondReadFrom([event(5000), event(9000)]), at(8400))
    assert.isUndefined(secondReadFrom([]))
  })
})

describe("offboard", () => {
  test("deletes permissions in the log, reads all known checkpoints, and reads the log again", {
    seed: { [a]: [held("cp_a"), "proj_keep"], [b]: [held("cp_hidden")], [c]: ["proj_keep"] },
    organization: {
      events: [
        grantEvent("cp_old", b, 10),
        deleteEvent("cp_old", 20),
        grantEvent("cp_a", a, 1000),
        grantEvent("cp_k", c, 30, "proj_keep")
      ]
    }
  }, function* (fake) {
    const { entries, journal } = recorder()
    const known: Array<unknown> = []
    const confirm = ({ checkpoints, counts }: AccessPlan.AccessPlan) =>
      Effect.sync(() => void known.push({ permissions: counts.revokes, checkpoints: checkpoints.length }))
    const { endings, verdict } = yield* offboarding({ journal, confirm })
    assert.deepStrictEqual(endings, [{ _tag: "Removed" }])
    assert.deepStrictEqual(known, [{ permissions: 1, checkpoints: 1 }])
    assert.deepStrictEqual([...verdict.revoked].sort(), ["cp_a", "cp_hidden"])
    assert.deepStrictEqual(yield* listing, [])
    const sent = (yield* fake.requests).map(({ checkpoint, operation }) => `${operation} ${checkpoint ?? ""}`.trim())
    assert.deepStrictEqual(sent.slice(0, 3), ["list-audit-logs", `list ${a}`, `delete ${a}`])
    assert.sameMembers(sent.slice(3, 6), [`list ${a}`, `list ${b}`, `list ${c}`])
    assert.deepStrictEqual(sent.slice(6, -1), [`delete ${b}`, `list ${b}`])
    assert.strictEqual(sent.at(-1), "list-audit-logs")
    assert.deepStrictEqual(
      entries.map(({ event, permission }) => [event, permission]),
      ["cp_a", "cp_hidden"].flatMap((id) => [
        ["intent", id],
        ["result", id]
      ])
    )

    const again = yield* offboarding()
    assert.deepStrictEqual([again.endings, again.verdict.revoked], [[{ _tag: "Removed" }], []])
  })

  const events = (...all: ReadonlyArray<ReturnType<typeof grantEvent | typeof deleteEvent>>) => ({
    organization: { events: all }
  })
  type Row = readonly [
    title: string,
    world: World,
    options: Access.OffboardOptions<never>,
    endings: Access.Offboarded["endings"][number][],
    before?: (fake: FakePermissions.Service) => Effect.Effect<unknown, PermissionsError.PermissionsError, Access.Access>
  ]
  const rows: ReadonlyArray<Row> = [
    [
      "a checkpoint that cannot be read",
      { seed: { [a]: [leaver], [b]: [] } },
      { checkpoints: [a, b] },
      [{ _tag: "NotRemoved", unread: 1, listed: 0, total: 2 }],
      (fake) => fake.inject(Faults.error(400), { operation: "list", checkpoint: b, times: 9 })
    ],
    [
      "deletes that the server refuses",
      { seed: { [a]: [held("cp_a")] }, ...events(grantEvent("cp_a", a, 1000)) },
      {},
      [{ _tag: "NotRemoved", unread: 0, listed: 1, total: 1 }],
      (fake) => fake.inject(Faults.error(409), { operation: "delete", times: 99 })
    ],
    [
      "a required log that the server fails to read",
      { seed: { [a]: [leaver] } },
      { log: "required", checkpoints: [a] },
      [{ _tag: "LogIncomplete", reason: "503" }],
      (fake) => fake.inject(Faults.error(503), { operation: "list-audit-logs", times: 999 })
    ],
    [
      "no log by choice",
      { seed: { [a]: [leaver] }, behavior: { auditLog: "off" } },
      { log: false, checkpoints: [a] },
      [{ _tag: "Removed" }]
    ],
    [
      "a log that fails when it is read again",
      { seed: { [a]: [leaver] } },
      { checkpoints: [a] },
      [{ _tag: "LogIncomplete", reason: "again" }],
      (fake) =>
        fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "list-audit-logs", nth: 2, times: 9 }]))
    ],
    [
      "an owner that is known",
      { seed: { [a]: [held("cp_a")], [b]: [leaver] }, ...events(grantEvent("cp_a", a, 1000)) },
      { checkpoints: [b], owners: { [a]: leaver } },
      [{ _tag: "StillOwner", checkpoints: 1 }]
    ],
    [
      "an owner of no permission, whose grant the server refused before",
      { seed: { [a]: [], [b]: [leaver] }, behavior: { owners: { [a]: leaver } } },
      { checkpoints: [a, b] },
      [{ _tag: "StillOwner", checkpoints: 1 }],
      () => Access.grant(a, [leaver])
    ],
    [
      "owners that are known in part",
      { seed: { [a]: [leaver], [b]: [], [c]: [leaver] } },
      { checkpoints: [a, b, c], owners: { [a]: "proj_keep" }, permissionsOnly: false },
      [{ _tag: "OwnersUnknown", checkpoints: 2 }]
    ],
    [
      "owners that are known, or of a checkpoint that is gone",
      { seed: { [a]: [leaver] }, behavior: { unknownCheckpoints: "not-found" } },
      { checkpoints: [a, b], owners: { [a]: "proj_keep" }, permissionsOnly: false },
      [{ _tag: "Removed" }]
    ],
    [
      "an owner of some checkpoints, and unknown owners",
      { seed: { [a]: [leaver], [b]: [] } },
      { checkpoints: [a, b], owners: { [a]: leaver }, permissionsOnly: false },
      [
        { _tag: "StillOwner", checkpoints: 1 },
        { _tag: "OwnersUnknown", checkpoints: 1 }
      ]
    ],
    ["a project without a trace", { seed: { [a]: ["proj_keep"] } }, { checkpoints: [a] }, [{ _tag: "ProjectNotSeen" }]],
    [
      "no known checkpoint, with a trace in the log",
      events(grantEvent("cp_1", undefined, 1), deleteEvent("cp_1", 2)),
      {},
      [{ _tag: "ProjectNotSeen" }]
    ],
    [
      "a logged grant at the only checkpoint, which is gone",
      { behavior: { unknownCheckpoints: "not-found" }, ...events(grantEvent("cp_1", b, 1)) },
      {},
      [{ _tag: "NotRemoved", unread: 1, listed: 0, total: 1 }]
    ],
    [
      "grants that name no checkpoint, one of which a read shows",
      { seed: { [a]: [held("cp_1")] }, ...events(grantEvent("cp_1", undefined, 1), grantEvent("cp_2", undefined, 2)) },
      { checkpoints: [a] },
      [{ _tag: "LogIncomplete", reason: "1 grant without a checkpoint" }]
    ],
    [
      "more permissions than may be deleted",
      { seed: { [a]: [held("cp_1"), held("cp_2")], [b]: [leaver] }, ...events(grantEvent("cp_1", a, 1)) },
      { checkpoints: [b], maxRevokes: 1 },
      [
        { _tag: "LimitReached", remaining: 2 },
        { _tag: "NotRemoved", unread: 0, listed: 2, total: 2 }
      ]
    ]
  ]
  for (const [title, world, options, expected, before = () => Effect.void] of rows) {
    test(title, world, function* (fake) {
      yield* before(fake)
      const { endings } = yield* offboarding(options)
      assert.deepStrictEqual(
        endings.map(({ _tag }) => _tag),
        expected.map(({ _tag }) => _tag)
      )
      for (const [index, ending] of endings.entries()) {
        if (ending._tag !== "LogIncomplete") assert.deepStrictEqual(ending, expected[index])
      }
      const { maxRevokes } = options
      if (maxRevokes !== undefined) assert.strictEqual((yield* requestCounts).delete, maxRevokes)
    })
  }

  test("finds a grant that is made while it runs, at a checkpoint that was read before", {
    seed: { [a]: [leaver], [b]: [] },
    behavior: { dashboardEvents: 1 }
  }, function* (fake) {
    let isGranted = false
    const find = Effect.succeed({ checkpoints: [a, b] })
    const journal: Journal.Journal = {
      write: () =>
        Effect.suspend(() => {
          if (isGranted) return Effect.void
          isGranted = true
          return Effect.zipRight(fake.awaitRequests(3), fake.grant(b, leaver))
        })
    }
    const { endings, verdict } = yield* offboarding({ find, journal })
    assert.deepStrictEqual([endings, verdict.revoked.length], [[{ _tag: "Removed" }], 2])
    assert.deepStrictEqual(yield* listing, [])
  })

  const grantedAtA = { seed: { [a]: [held("cp_a")] }, ...events(grantEvent("cp_a", a, 1000)) }
  for (const status of [401, 403]) {
    test(
      `with a required log, fails before any other request if the log has status ${status}`,
      grantedAtA,
      function* (fake) {
        yield* fake.inject(Faults.error(status), { operation: "list-audit-logs", times: 9 })
        const error = yield* Effect.flip(offboarding({ checkpoints: [a], log: "required" }))
        assert.propertyVal(error, "status", status)
        assert.lengthOf(yield* fake.requests, 1)
      }
    )
  }

  test("sends no write before the whole log was read and it is confirmed", {
    seed: Object.fromEntries([a, b].map((one) => [one, [held(`cp_${one.at(-1)}`)]])),
    ...events(
      ...Array.from({ length: 250 }, (_, i) => grantEvent(`cp_x${i}`, c, 2000 + i, "proj_keep")),
      grantEvent("cp_a", a, 1000),
      grantEvent("cp_b", b, 1001)
    )
  }, function* (fake) {
    const known: Array<unknown> = []
    const confirm = ({ checkpoints, counts }: AccessPlan.AccessPlan) =>
      Effect.map(
        fake.requests,
        (all) => void known.push({ permissions: counts.revokes, checkpoints: checkpoints.length, requests: all.length })
      )
    const { endings } = yield* offboarding({ confirm })
    assert.deepStrictEqual(endings, [{ _tag: "Removed" }])
    assert.deepStrictEqual(known, [{ permissions: 2, checkpoints: 2, requests: 3 }])
  })

  const grantedAtBoth = {
    seed: { [a]: [held("cp_a")], [b]: [held("cp_b")] },
    ...events(grantEvent("cp_a", a, 1000), grantEvent("cp_b", b, 1001))
  }
  for (const [options, what] of [
    [{}, "nothing known but the log"],
    [{ confirm: () => Effect.void }, "a confirmation"],
    [{ log: false, checkpoints: [a, b] }, "a listing"]
  ] as const) {
    test(`fails with the error of the key if it may not delete, once, with ${what}`, grantedAtBoth, function* (fake) {
      const message = "You have insufficient permissions. Missing scopes: api.fine_tuning.checkpoints.write"
      yield* fake.inject(Faults.error(401, { message }), { operation: "delete", times: 99 })
      const error = yield* Effect.flip(offboarding(options))
      assert.propertyVal(error, "_tag", "MissingScopeError")
      assert.lengthOf(yield* listing, 2)
    })
  }

  test("sends no write if it is stopped before it is confirmed", grantedAtA, function* () {
    const asked = yield* Deferred.make<void>()
    const confirm = () => Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never)
    const { endings } = yield* offboarding({ confirm, stop: Deferred.await(asked) })
    assert.deepStrictEqual(endings, [{ _tag: "Interrupted", unverified: 1, remaining: 1 }])
    assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
  })

  test("sends no write before it is confirmed, and none if it is refused", grantedAtA, function* () {
    const error = yield* Effect.flip(offboarding<"no">({ confirm: () => Effect.fail("no" as const) }))
    assert.strictEqual(error, "no")
    assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
    const full = recorder(1)
    const failed = yield* Effect.flip(offboarding({ journal: full.journal }))
    assert.include(String(failed), "disk full")
  })

  it.effect("is no removal if it is interrupted after any request, and running it again completes it", () => {
    const world = {
      seed: { [a]: [held("cp_a")], [b]: [held("cp_b")], [c]: ["proj_keep"] },
      ...events(grantEvent("cp_a", a, 1000), grantEvent("cp_c", c, 30, "proj_keep"))
    }
    return Effect.forEach([0, 1, 2, 3, 4, 5, 6], (count) =>
      inWorld(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          const stop = count === 0 ? Effect.void : fake.awaitRequests(count)
          const { first, verdict } = yield* offboarding({ checkpoints: [b], stop })
          assert.strictEqual(first._tag, "Interrupted", `after ${count}`)
          const left = (yield* listing).length
          assert.strictEqual(verdict.revoked.length, 2 - left)
          const again = yield* offboarding({ checkpoints: [b] })
          assert.deepStrictEqual(again.endings, [{ _tag: "Removed" }])
          assert.deepStrictEqual(yield* listing, [])
        }),
        world
      )
    )
  })
})

describe("the filter by project", () => {
  const world = (...logged: ReadonlyArray<string>) => ({
    seed: { [a]: [held("cp_a")], [b]: [held("cp_b")], [c]: [held("cp_c"), "proj_keep"] },
    organization: { events: logged.map((one) => grantEvent(`cp_${one.at(-1)}`, one, 1000)) }
  })
  /** The deletes and listings, with a star for those of one project. */
  const sent = Effect.map(requests, (all) =>
    all.flatMap(({ checkpoint: at = "", operation, query }) =>
      operation === "list-audit-logs" ? [] : [`${operation} ${at}${"project_id" in query ? "*" : ""}`]
    )
  )

  test("is checked before the first delete; later listings use it", world(a, b), function* () {
    const { endings, verdict } = yield* offboarding({ checkpoints: [c], concurrency: 1 })
    assert.deepStrictEqual([endings, verdict.filter], [[{ _tag: "Removed" }], "works"])
    const all = yield* sent
    assert.deepStrictEqual(all.slice(0, 3), [`list ${a}*`, `delete ${a}`, `delete ${b}`])
    assert.sameMembers(
      all.slice(3, 6),
      [a, b, c].map((one) => `list ${one}*`)
    )
    assert.deepStrictEqual(all.slice(6), [`delete ${c}`, `list ${c}*`])
  })

  test("is not used if the server hides permissions with it", world(a), function* () {
    const { endings, verdict } = yield* withoutFilter(offboarding({ checkpoints: [b, c] }))
    assert.deepStrictEqual([endings, verdict.filter], [[{ _tag: "Removed" }], "wrong"])
    assert.deepStrictEqual(yield* listing, [])
  })

  test("is not used unchecked: without a permission in the log", world(), function* () {
    const { endings, verdict } = yield* withoutFilter(offboarding({ checkpoints: [a, b, c] }))
    assert.deepStrictEqual([endings, verdict.filter], [[{ _tag: "Removed" }], "not checked"])
    assert.deepStrictEqual(yield* listing, [])
  })

  test("is not used unchecked: if its listing fails", world(a, b), function* (fake) {
    yield* fake.inject(Faults.error(400), { operation: "list", times: 1 })
    const { endings, verdict } = yield* offboarding()
    assert.deepStrictEqual([endings, verdict.filter], [[{ _tag: "Removed" }], "not checked"])
    assert.sameMembers((yield* sent).slice(-2), [`list ${a}`, `list ${b}`])
  })
})

test("deletes in flight are finished and recorded if the journal fails", {
  seed: Object.fromEntries(names(20).map((name, i) => [name, [held(`cp_${i}`)]])),
  organization: { events: names(20).map((name, i) => grantEvent(`cp_${i}`, name, 1000 + i)) },
  behavior: { latency: 300 }
}, function* () {
  const { entries, journal } = recorder()
  const failing: typeof journal = {
    write: (lines) =>
      (lines.some(({ permission }) => permission === "cp_9") ? recorder(0).journal : journal).write(lines)
  }
  assert.include(String(yield* Effect.flip(offboarding({ journal: failing }))), "disk full")
  const results = entries.filter(({ outcome }) => outcome === "done")
  assert.strictEqual(results.length, 20 - (yield* listing).length)
  assert.isAbove(results.length, 3)
  yield* Effect.sleep("1 minute")
  assert.strictEqual(results.length, 20 - (yield* listing).length)
})
