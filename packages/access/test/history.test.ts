import { History } from "@checkpoint-permissions/access"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import { day, layer, night, test } from "./support/organization.ts"
import { countOf } from "./support/world.ts"

const now = night / 1000

const granted = (permission_id: string, at: number, project_id = "proj_a", fine_tuned_model_checkpoint = "ft:a") => ({
  type: "checkpoint.permission.created",
  effective_at: at,
  permission_id,
  project_id,
  fine_tuned_model_checkpoint
})
const revoked = (permission_id: string, at: number) => ({
  type: "checkpoint.permission.deleted",
  effective_at: at,
  permission_id,
  actor: { session: { email: "ann@example.com" } }
})

/** Since a day ago. */
const since = DateTime.unsafeMake((now - day) * 1000)

const requested = countOf("list-audit-logs")

const placesOf = ({ changes }: History.History) =>
  Object.fromEntries(
    changes.flatMap(({ action, checkpoint, permission, project }) =>
      action === "revoke" ? [[permission, checkpoint === undefined ? "unknown" : `${checkpoint} ${project}`]] : []
    )
  )

describe("read", () => {
  const events = [
    { ...granted("cp_1", now - 300), actor: { key: "key_n" } },
    {
      ...revoked("cp_1", now - 200),
      actor: { session: { email: "ann@example.com", ip_address: "198.51.100.7", user_agent: "Go-http-client/2.0" } }
    },
    { ...granted("cp_2", now - 100, "proj_b"), actor: { key: "key_deleted" } },
    { ...revoked("cp_0", now - 50), actor: null }
  ]
  const adminKeys = [
    { id: "key_n", name: "nightly", owner: { type: "service_account", id: "svc_ci", name: "CI" } as const }
  ]
  const organization = { events, adminKeys }

  test("names key, user and user agent, newest first, and no address", layer({ organization }), function* () {
    const history = yield* History.read()
    assert.deepStrictEqual(
      history.changes.map(({ action, by, checkpoint, project }) => [action, checkpoint, project, by]),
      [
        ["revoke", undefined, undefined, {}],
        ["grant", "ft:a", "proj_b", { key: "key_deleted", user: "admin@example.com", userId: "user-fake" }],
        [
          "revoke",
          "ft:a",
          "proj_a",
          { user: "ann@example.com", userId: "user-ann-example-com", agent: "Go-http-client/2.0" }
        ],
        ["grant", "ft:a", "proj_a", { key: "key_n", user: "svc_ci", keyName: "nightly", keyOwner: "CI" }]
      ]
    )
    const narrow = History.toTable(history, { width: 80, names: { proj_a: "Search" } })
    const forms = [
      narrow,
      History.toTable(history),
      History.toCsv(history),
      History.toLines(history),
      History.toJson(history)
    ]
    for (const text of forms) {
      assert.notInclude(text, "198.51.100.7")
      for (const shown of ["ann@example.com", "Go-http-client/2.0", "key_deleted"]) assert.include(text, shown)
      assert.notMatch(text, /by hand|this tool/)
    }
    assert.match(narrow, /^- 2026-11-03 01:59 {2}project unknown\n\| checkpoint unknown \(cp_0\)\n\| by unknown\n/)
    assert.match(narrow, /\| by ann@example\.com \(Go-http-client\/2\.0\)\n/)
    assert.include(narrow, "1 change: checkpoint unknown.")
    for (const line of narrow.split("\n")) assert.isAtMost(line.length, 80)
    const [first = ""] = History.toLines(history).split("\n")
    assert.strictEqual(first.split("\t").length, 12)
    assert.strictEqual(first.split("\t").slice(0, 5).join(), "2026-11-03T01:59:10Z,revoke,,,cp_0")
    const decoded = yield* Schema.decode(Schema.parseJson(History.History))(History.toJson(history))
    assert.deepStrictEqual(decoded, history)
    assert.include(History.toJson(history), '"at":"2026-11-03T01:59:10.000Z"')
  })

  test("fails where the log is off", layer({ behavior: { auditLog: "off" } }), function* () {
    assert.strictEqual((yield* Effect.flip(History.read()))._tag, "PermissionDeniedError")
  })

  test(
    "returns the changes that were read before a page failed, and the reason",
    layer({ organization }, 2),
    function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.setFaults(
        Faults.scripted([{ fault: Faults.error(500, { message: "down" }), operation: "list-audit-logs", nth: 2 }])
      )
      const history = yield* History.read()
      assert.deepStrictEqual(
        history.changes.map(({ permission }) => permission),
        ["cp_0", "cp_2"]
      )
      assert.match(history.failure ?? "", /down/)
      assert.match(History.toTable(history), /^Older changes not read: .*down/m)
    }
  )
})

describe("lookup", () => {
  const old = Array.from({ length: 8 }, (_, n) => granted(`cp_${n}`, now - (10 + n) * day, `proj_${n}`))
  const world = (ids: ReadonlyArray<string>, pageSize = 2) =>
    layer({ organization: { events: [...old, ...ids.map((id, n) => revoked(id, now - 100 + n))] } }, pageSize)

  test(
    "finds the grants of permissions that were deleted since, and stops there",
    world(["cp_0", "cp_3"]),
    function* () {
      const shown: Array<unknown> = []
      const history = yield* History.read({ since, onSince: (first) => Effect.sync(() => shown.push(placesOf(first))) })
      assert.deepStrictEqual(shown, [{ cp_0: "unknown", cp_3: "unknown" }])
      assert.deepStrictEqual(placesOf(history), { cp_0: "ft:a proj_0", cp_3: "ft:a proj_3" })
      assert.deepStrictEqual(history.lookup, { pages: 2, end: "found" })
      assert.strictEqual(yield* requested, 1 + 2)
      assert.strictEqual(history.changes.length, 2)
    }
  )

  test("returns its changes when a page fails", world(["cp_0", "cp_7"]), function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.setFaults(
      Faults.scripted([{ fault: Faults.error(500, { message: "down" }), operation: "list-audit-logs", nth: 3 }])
    )
    const { changes: _, ...history } = yield* History.read({ since })
    assert.strictEqual(history.lookup?.end, "failed")
    assert.match(history.lookup?.reason ?? "", /down/)
    assert.isUndefined(history.failure)
  })
  test("reports that its pages are used up", world(["cp_1", "cp_7"]), function* () {
    const history = yield* History.read({ since, lookup: 2 })
    assert.deepStrictEqual(placesOf(history), { cp_1: "ft:a proj_1", cp_7: "unknown" })
    assert.deepStrictEqual(history.lookup, { pages: 2, end: "page limit" })
    assert.match(History.toTable(history), /^Grants searched in 2 older pages: limit reached\.$/m)
  })

  test(
    "is not begun without a delete of an unknown permission",
    layer({ organization: { events: old } }),
    function* () {
      const history = yield* History.read({
        since: DateTime.subtract(since, { days: 13 }),
        onSince: () => Effect.die("")
      })
      assert.isUndefined(history.lookup)
      assert.strictEqual(yield* requested, 1)
    }
  )
})

describe("filter", () => {
  const organization = {
    adminKeys: [
      { id: "key_n", name: "Nightly", owner: { type: "service_account", id: "svc_ci", name: "CI" } as const }
    ],
    events: [
      { ...granted("cp_1", now - 500, "proj_a", "ft:a"), actor: { session: { email: "ann@example.com" } } },
      { ...granted("cp_2", now - 400, "proj_b", "ft:a"), actor: { key: "key_n" } },
      { ...granted("cp_3", now - 300, "proj_a", "ft:b"), actor: null },
      revoked("cp_9", now - 200)
    ]
  }
  test(
    "leaves out and counts changes that may match, by project, checkpoint and actor",
    layer({ organization }),
    function* () {
      const history = yield* History.read()
      const { adminKeys } = organization
      const by = (wanted: Parameters<typeof History.filter>[1]) => {
        const { changes, filter } = History.filter(history, { ...wanted, adminKeys })
        return [changes.map(({ permission }) => permission).join(), filter?.unknown]
      }
      assert.deepStrictEqual(by({}), ["cp_9,cp_3,cp_2,cp_1", 0])
      assert.deepStrictEqual(by({ project: "proj_a" }), ["cp_3,cp_1", 1])
      assert.deepStrictEqual(by({ checkpoint: "ft:a" }), ["cp_2,cp_1", 1])
      assert.deepStrictEqual(by({ checkpoint: "ft:a", project: "proj_b" }), ["cp_2", 1])
      assert.deepStrictEqual(by({ by: "ANN@example.com" }), ["cp_9,cp_1", 1])
      assert.deepStrictEqual(by({ by: "user-ann-example-com" }), ["cp_9,cp_1", 1])
      for (const key of ["key_n", "nightly", "CI", "svc_ci"]) assert.deepStrictEqual(by({ by: key }), ["cp_2", 1])
      assert.deepStrictEqual(by({ by: "eve@example.com" }), ["", 1])
      assert.match(
        History.toTable(History.filter(history, { project: "proj_a" })),
        /^1 more change may match: their checkpoint, project or actor is unknown\.$/m
      )
    }
  )
})

describe("the actor of a filter", () => {
  const owner = { type: "user", id: "user-ann", name: "Ann" } as const
  const adminKeys = [
    { id: "key_1", name: "nightly", owner },
    { id: "key_2", name: "laptop", owner },
    { id: "key_3", name: "unused", owner: { ...owner, id: "user-zoe", name: "Zoe" } }
  ]
  const change = (actor: History.History["changes"][number]["by"], n: number): History.History["changes"][number] => ({
    event: `e${n}`,
    at: n,
    action: "grant",
    by: actor
  })
  const changes = [
    change({ user: "ann@example.com", userId: "user-ann", agent: "Go" }, 1),
    change({ key: "key_1", user: "user-ann", keyName: "nightly", keyOwner: "Ann" }, 2),
    change({ key: "key_2", user: "user-ann", keyName: "laptop", keyOwner: "Ann" }, 3),
    change({ user: "bob@example.com", userId: "user-bob" }, 4),
    change({ key: "key_9", user: "user-cat" }, 5),
    // the log names only the key
    change({ key: "key_1" }, 6),
    change({ key: "key_8", keyOwner: "Dee" }, 7)
  ]
  const history: History.History = {
    format: "checkpoint-permissions/history",
    version: 2,
    apiUrl: "https://api.openai.com/v1",
    requestedAt: DateTime.unsafeMake(0),
    changes
  }

  it("is every session and key of the user that it resolves to, and of a key's name that key alone", () => {
    const found = (by: string) => {
      const { changes, filter } = History.filter(history, { by, adminKeys })
      return [changes.map(({ at }) => at), filter?.unknown]
    }
    for (const text of ["Ann", "ann@example.com", "user-ann", "ANN"]) {
      assert.deepStrictEqual(found(text), [[1, 2, 3, 6], text.includes("@") ? 2 : 0], text)
    }
    assert.deepStrictEqual(found("nightly"), [[2, 6], 0])
    assert.deepStrictEqual(found("key_2"), [[3], 0])
    assert.deepStrictEqual(found("bob@example.com"), [[4], 2], "the keys of user-cat and Dee may be of that address")
  })

  it("that is a key may be the sessions of its owner, unless the log names the key", () => {
    const only = (...at: ReadonlyArray<number>) => ({
      ...history,
      changes: changes.filter((one) => at.includes(one.at))
    })
    const sessions = { of: "ann@example.com", changes: 1 }
    for (const by of ["key_2", "laptop"]) {
      const { changes, filter } = History.filter(only(1, 2, 4, 6), { by, adminKeys })
      assert.deepStrictEqual([changes, filter], [[], { by, unknown: 1, sessions }])
    }
    const unowned = [{ id: "key_2", name: "laptop" }]
    for (const [some, wanted] of [
      [only(1, 3), { by: "key_2", adminKeys }],
      [only(1), { by: "key_3", adminKeys }],
      [only(1), { by: "Ann", adminKeys }],
      [only(1), { by: "key_2", adminKeys: unowned }]
    ] as const) {
      assert.isUndefined(History.filter(some, wanted).filter?.sessions, JSON.stringify(wanted))
    }
  })

  it("is unknown if neither a change nor a key has it, with the nearest", () => {
    assert.deepStrictEqual(History.knows(history, { by: "Zoe", adminKeys }), { isKnown: true })
    assert.deepStrictEqual(History.knows(history, { by: "nigthly", adminKeys }), { isKnown: false, nearest: "nightly" })
    assert.isFalse(History.knows(history, { by: "Zoe" }).isKnown)
  })
})
