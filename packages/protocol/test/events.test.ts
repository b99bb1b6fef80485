import { assert, describe, it } from "vitest"
import * as events from "../src/events.ts"

/** Unix seconds. */
const at = 1_700_000_000

const granted = (id: string, permission: string | undefined, checkpoint = "ft:a", effective_at = at) => ({
  id,
  type: events.created,
  effective_at,
  [events.created]: { id: permission, data: { project_id: "proj_a", fine_tuned_model_checkpoint: checkpoint } }
})
const revoked = (id: string, permission: string | undefined, effective_at = at) => ({
  id,
  type: events.deleted,
  effective_at,
  [events.deleted]: { id: permission }
})

describe("join", () => {
  it("has project and checkpoint of a delete from the event that made it, in any order, and no other event", () => {
    const both = [revoked("e2", "cp_1"), granted("e1", "cp_1")]
    const login = { id: "e3", type: "login.succeeded", effective_at: at }
    for (const all of [both, [...both].reverse(), [login, ...both, ...both]]) {
      assert.deepStrictEqual(events.join(all), [
        { event: "e1", at, action: "grant", permission: "cp_1", project: "proj_a", checkpoint: "ft:a", by: {} },
        { event: "e2", at, action: "revoke", permission: "cp_1", project: "proj_a", checkpoint: "ft:a", by: {} }
      ])
    }
  })

  it("has them from known permissions otherwise, field by field, and leaves out what is unknown", () => {
    const known = [
      { permission: "cp_1", project: "proj_j" },
      { permission: "cp_1", project: "proj_k", checkpoint: "ft:j" }
    ]
    const [one] = events.join([revoked("e", "cp_1")], known)
    assert.deepInclude(one, { project: "proj_j", checkpoint: "ft:j" })
    assert.deepStrictEqual(events.join([revoked("e", "cp_2")], known), [
      { event: "e", at, action: "revoke", permission: "cp_2", by: {} }
    ])
  })

  it("prefers the event to known permissions", () => {
    const known = [{ permission: "cp_1", project: "proj_k", checkpoint: "ft:k" }]
    for (const change of events.join([granted("e1", "cp_1"), revoked("e2", "cp_1")], known)) {
      assert.deepInclude(change, { project: "proj_a", checkpoint: "ft:a" })
    }
  })

  it("reads what the API may leave out", () => {
    const empty = [
      { id: "a", type: events.created, effective_at: 1 },
      { id: "b", type: events.created, effective_at: 2, [events.created]: {} },
      { id: "c", type: events.deleted, effective_at: 3, actor: null, [events.deleted]: null },
      { id: "d", type: events.created, effective_at: 4, [events.created]: { id: null, data: { project_id: null } } }
    ]
    const seen = events.join(empty).map(({ action, at, by, event, ...rest }) => [event, action, { ...by, ...rest }])
    assert.deepStrictEqual(
      seen,
      ["a", "b", "c", "d"].map((id) => [id, id === "c" ? "revoke" : "grant", {}])
    )
  })

  it("names the user of a session or of a key, the service account of a key, and neither address nor place", () => {
    const session = { user: { id: "user-1", email: "a@example.com" }, ip_address: "203.0.113.7", country: "NO" }
    const actors: ReadonlyArray<readonly [object, by: object]> = [
      [
        { type: "session", session },
        { user: "a@example.com", userId: "user-1" }
      ],
      [
        { type: "session", session: { ...session, user_agent: "Go/1" } },
        { user: "a@example.com", userId: "user-1", agent: "Go/1" }
      ],
      [
        { session: { user_agent: `\u001b[31mMozilla/5.0\r\n\tx ${"y".repeat(99)}` } },
        { agent: `[31mMozilla/5.0 x ${"y".repeat(41)}…` }
      ],
      [{ session: { user_agent: " \u0007\n" } }, {}],
      [{ type: "session", session: { user: { id: "user-1" }, ip_address: "203.0.113.7" } }, { user: "user-1" }],
      [{ api_key: { id: "key_1", user: { email: "b@example.com" } } }, { key: "key_1", user: "b@example.com" }],
      [{ api_key: { id: "key_2", service_account: { id: "svc_1" } } }, { key: "key_2", user: "svc_1" }],
      [{ type: "session", session: { ip_address: "203.0.113.7" } }, {}],
      [{ type: "api_key" }, {}]
    ]
    for (const [actor, by] of actors) {
      const changes = events.join([{ ...granted("e", "cp_1"), actor }])
      assert.deepStrictEqual(changes[0]?.by, by)
      assert.notMatch(JSON.stringify(changes), /203\.0\.113\.7|NO/)
    }
  })
})

describe("live", () => {
  it("a permission with both events is gone, though the delete be listed first or in the same second", () => {
    const changes = events.join([granted("a", "cp_1"), revoked("0", "cp_1"), granted("b", "cp_2")])
    assert.deepStrictEqual(
      events.openGrants(changes).map(({ permission }) => permission),
      ["cp_2"]
    )
  })
})

describe("withoutTarget", () => {
  it("is a deleted permission without project or checkpoint, until an older event has both", () => {
    const deletes = [revoked("a", "cp_1"), revoked("b", "cp_2"), revoked("c", undefined)]
    const changes = events.join(deletes, [{ permission: "cp_2", project: "proj_a" }])
    assert.deepStrictEqual([...events.withoutTarget(changes)], ["cp_1", "cp_2"])
    const older = events.targetsIn([granted("d", "cp_1"), granted("e", undefined), revoked("f", "cp_2")])
    assert.deepStrictEqual(older, [{ permission: "cp_1", project: "proj_a", checkpoint: "ft:a" }])
    assert.deepStrictEqual([...events.withoutTarget(events.join(deletes, older))], ["cp_2"])
  })
})

describe("windowsOf", () => {
  it("has ten minutes on each side, newest first, and merges neighbours", () => {
    assert.deepStrictEqual(events.windowsOf([]), [])
    assert.deepStrictEqual(events.windowsOf([at, at]), [{ from: at - 600, to: at + 600 }])
    assert.deepStrictEqual(events.windowsOf([at - 5000, at, at - 1201]), [
      { from: at - 1801, to: at + 600 },
      { from: at - 5600, to: at - 4400 }
    ])
    assert.strictEqual(events.windowsOf([at, at - 1202]).length, 2)
  })

  it("has at most 30, the newest, and times that merge with the last of them", () => {
    const times = Array.from({ length: 40 }, (_, n) => at - n * 10_000)
    const windows = events.windowsOf([...times].reverse())
    assert.deepStrictEqual(windows, events.windowsOf(times.slice(0, 30)))
    assert.strictEqual(windows.length, 30)
    const last = at - 29 * 10_000
    assert.isTrue(events.isSearched(events.windowsOf([...times, last - 1000]), last - 1000))
    for (const [n, time] of times.entries()) assert.strictEqual(events.isSearched(windows, time), n < 30)
  })
})

describe("missingAccess", () => {
  const end = (...all: ReadonlyArray<Parameters<typeof events.join>[0] extends Iterable<infer A> ? A : never>) => {
    const { later, ...rest } = events.missingAccess(events.join(all), "ft:a", "proj_a")
    return [rest._tag, "change" in rest ? rest.change.event : undefined, later]
  }
  const cases: ReadonlyArray<readonly [name: string, actual: () => unknown, expected: ReadonlyArray<unknown>]> = [
    ["nothing is in the log", () => end(), ["NotGranted", undefined, 0]],
    [
      "it was granted and revoked",
      () => end(granted("a", "cp_1", "ft:a", at - 9), revoked("b", "cp_1")),
      ["Revoked", "b", 0]
    ],
    ["it was granted, and no delete names the permission", () => end(granted("a", "cp_1")), ["NotRevoked", "a", 0]],
    [
      "the newest grant has no delete: the delete of an older one is not the end",
      () => end(granted("a", "cp_1"), revoked("b", "cp_1", at + 1), granted("c", "cp_2", "ft:a", at + 2)),
      ["NotRevoked", "c", 0]
    ],
    [
      "an older grant has no delete: the newest revoke is the end",
      () => end(granted("a", "cp_1"), granted("b", "cp_2", "ft:a", at + 1), revoked("c", "cp_2", at + 2)),
      ["Revoked", "c", 0]
    ],
    [
      "deletes of unknown permissions may be the end, unless they are older",
      () =>
        end(
          revoked("z", "cp_9", at - 1),
          granted("a", "cp_1"),
          revoked("b", "cp_1", at + 1),
          revoked("c", "cp_7", at + 1),
          revoked("d", "cp_8", at + 2)
        ),
      ["Revoked", "b", 2]
    ],
    [
      "deletes at other checkpoints are not the end",
      () => end(granted("a", "cp_1", "ft:b"), revoked("b", "cp_1", at + 1)),
      ["NotGranted", undefined, 0]
    ],
    ["a delete of an unknown permission may be the end", () => end(revoked("b", "cp_1")), ["NotGranted", undefined, 1]],
    [
      "a permission ends by its first delete",
      () =>
        end(
          granted("a", "cp_1"),
          granted("b", "cp_2", "ft:a", at + 1),
          revoked("c", "cp_1", at + 2),
          revoked("d", "cp_2", at + 3),
          revoked("e", "cp_1", at + 4)
        ),
      ["Revoked", "d", 0]
    ]
  ]
  for (const [name, actual, expected] of cases) {
    it(name, () => {
      assert.deepStrictEqual(actual(), expected)
    })
  }
})

describe("creations", () => {
  it("finds the first grant of a permission in any order, and none that is much later", () => {
    const by = (key: string, event: ReturnType<typeof granted>) => ({ ...event, actor: { api_key: { id: key } } })
    const changes = events.join([
      by("ann", granted("e1", "cp_1")),
      by("nightly", granted("e2", "cp_1", "ft:a", at + 60)),
      by("nightly", granted("e3", "cp_2", "ft:a", at + 3600)),
      revoked("e4", "cp_3", at)
    ])
    for (const all of [changes, changes.toReversed()]) {
      const creationOf = events.creations(all)
      assert.strictEqual(creationOf("cp_1", at - 600)?.by.key, "ann")
      assert.isUndefined(creationOf("cp_1", at - 601))
      assert.isUndefined(creationOf("cp_2", at))
      assert.isUndefined(creationOf("cp_3", at))
    }
  })
})
