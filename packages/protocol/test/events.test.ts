import fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as events from "../src/events.ts"

const minute = 60_000
const hour = 60 * minute
/** Milliseconds. */
const night = 1_700_000_000_000
const at = night / 1000

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

const row = (checkpoint: string, readFrom: number | undefined = night - hour, ids: ReadonlyArray<string> = []) => ({
  checkpoint,
  readFrom,
  complete: true,
  permissions: ids.map((id) => ({ id }))
})

const log: events.Log = { askedAt: night, changes: [], reachesBack: true, recorded: [] }

describe("join", () => {
  it("has project and checkpoint of a delete from the event that made it, whichever comes first", () => {
    const both = [revoked("e2", "cp_1"), granted("e1", "cp_1")]
    for (const all of [both, [...both].reverse()]) {
      assert.deepStrictEqual(events.join(all), [
        { event: "e1", at, action: "grant", permission: "cp_1", project: "proj_a", checkpoint: "ft:a", by: {} },
        { event: "e2", at, action: "revoke", permission: "cp_1", project: "proj_a", checkpoint: "ft:a", by: {} }
      ])
    }
  })

  it("has them from an audit or a journal otherwise, field by field, and without any shows it unresolved", () => {
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

  it("believes the event before an audit or a journal", () => {
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
      [{ type: "session", session }, { user: "a@example.com" }],
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

  it("leaves other events out, counts one that comes twice once, and is the same in every order", () => {
    const event = fc
      .record({
        kind: fc.constantFrom("grant", "revoke", "login"),
        permission: fc.integer({ min: 0, max: 4 }),
        time: fc.integer({ min: 0, max: 2 })
      })
      .map(({ kind, permission, time }) => {
        const [id, cp, when] = [`${kind}${permission}`, `cp_${permission}`, at + permission * 10 + time * 0]
        if (kind === "login") return { id, type: "login.succeeded", effective_at: when }
        return kind === "grant" ? granted(id, cp, `ft:${permission}`, when) : revoked(id, cp, when)
      })
    fc.assert(
      fc.property(
        fc
          .array(event)
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length }))
          ),
        ([all, shuffled]) => {
          const changes = events.join(all)
          assert.deepStrictEqual(events.join(shuffled), changes)
          const wanted = new Set(all.flatMap(({ id, type }) => (type === "login.succeeded" ? [] : [id])))
          assert.deepStrictEqual(new Set(changes.map(({ event }) => event)), wanted)
          assert.strictEqual(changes.length, wanted.size)
        }
      )
    )
  })
})

describe("live", () => {
  it("a permission with both events is gone, though the delete be listed first or in the same second", () => {
    const changes = events.join([granted("a", "cp_1"), revoked("0", "cp_1"), granted("b", "cp_2")])
    assert.deepStrictEqual(
      events.live(changes).map(({ permission }) => permission),
      ["cp_2"]
    )
  })
})

describe("stale", () => {
  const staleAt = (readFrom: number | undefined, effective_at: number) =>
    events.stale(
      [row("ft:a", readFrom), row("ft:b", readFrom)],
      events.join([granted("e", "cp_1", "ft:a", effective_at)])
    )

  it("is a row with an event at or after its first request less five minutes", () => {
    assert.deepStrictEqual(staleAt(night, at), ["ft:a"])
    assert.deepStrictEqual(staleAt(night, at - 300), ["ft:a"])
    assert.deepStrictEqual(staleAt(night, at - 301), [])
    assert.deepStrictEqual(staleAt(night + 1, at - 300), [])
  })

  it("goes by the newest event, and takes a row that does not say when it was read, or was not read to the end", () => {
    const changes = events.join([granted("new", "cp_1", "ft:a", at), granted("old", "cp_2", "ft:a", at - 3600)])
    assert.deepStrictEqual(events.stale([row("ft:a", night)], changes), ["ft:a"])
    assert.deepStrictEqual(events.stale([{ ...row("ft:a"), readFrom: undefined }], []), ["ft:a"])
    assert.deepStrictEqual(events.stale([{ ...row("ft:a"), complete: false }], []), ["ft:a"])
    assert.deepStrictEqual(events.stale([row("ft:a")], []), [])
  })

  it("the log is asked from five minutes before the oldest row on", () => {
    assert.strictEqual(events.since([row("ft:a", night), row("ft:b", night - hour)]), night - hour - 5 * minute)
    assert.strictEqual(events.since([{ ...row("ft:a"), readFrom: undefined }]), undefined)
  })
})

describe("toRead", () => {
  const many = Array.from({ length: 300 }, (_, n) => row(`ft:${n}`, night - hour + n))
  const ids = many.map(({ checkpoint }) => checkpoint)
  const changesAt = (...checkpoints: ReadonlyArray<string>) =>
    events.join(checkpoints.map((one, n) => granted(`e${n}`, `cp_${n}`, one)))

  it("reads what has no row, what events ask for, and the oldest rows, up to ten lists together", () => {
    const { checkpoints, why } = events.toRead(ids, many, { ...log, changes: changesAt("ft:7", "ft:250") })
    assert.strictEqual(why, undefined)
    assert.sameMembers([...checkpoints], ["ft:250", "ft:7", ...[0, 1, 2, 3, 4, 5, 6, 8].map((n) => `ft:${n}`)])
    const added = events.toRead([...ids, "ft:new"], many, log).checkpoints
    assert.include(added, "ft:new")
    assert.strictEqual(events.toRead(["ft:1", "ft:2"], many, log).checkpoints.length, 2)
  })

  it("reads seven of the oldest at least, however many events there are", () => {
    const { checkpoints } = events.toRead(ids, many, { ...log, changes: changesAt(...ids.slice(100, 150)) })
    assert.strictEqual(checkpoints.length, 57)
  })

  it("counts a list for each hundred permissions, and reads a row that has more than all", () => {
    const permissions = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `cp_${n}` }))
    const large = many.map((row) => ({ ...row, permissions: permissions(300) }))
    assert.strictEqual(events.toRead(ids, large, log).checkpoints.length, 3)
    const huge = { ...row("ft:0"), permissions: permissions(2000) }
    assert.deepStrictEqual(events.toRead(ids, [huge, ...many.slice(1)], log).checkpoints, ["ft:0"])
  })

  /** The most nights between two readings of a row, if some rows have events each night. */
  const nightsBetween = (stale: ReadonlyArray<string>) => {
    const readAt = new Map(ids.map((id) => [id, 0]))
    let most = 0
    for (let n = 1; n <= 150; n++) {
      const askedAt = night + n * 24 * hour
      const rows = ids.map((id) => row(id, night + (readAt.get(id) ?? 0) * 24 * hour))
      const changes = events.join(stale.map((one, index) => granted(`e${index}`, `cp_${index}`, one, askedAt / 1000)))
      for (const id of events.toRead(ids, rows, { ...log, askedAt, changes }).checkpoints) readAt.set(id, n)
      most = Math.max(most, ...ids.map((id) => n - (readAt.get(id) ?? 0) + 1))
    }
    return most
  }

  it("every row of 300 is read within thirty nights without any event, and within forty whatever has events", () => {
    assert.strictEqual(nightsBetween([]), 30)
    for (const stale of [1, 2, 3, 4, 7, 10, 20, 100]) assert.isAtMost(nightsBetween(ids.slice(-stale)), 40, `${stale}`)
  })

  const done = { at: night - 2 * hour + 1, action: "grant", permission: "cp_j", outcome: "done" } as const
  const old = row("ft:a", night - 2 * hour)
  const joined = (...all: Parameters<typeof events.join>): Partial<events.Log> => ({ changes: events.join(...all) })
  const known = [{ permission: "cp_j", checkpoint: "ft:a" }]
  const noEvent = { _tag: "NoEvent", action: "grant", permission: "cp_j" } as const
  const cases: ReadonlyArray<readonly [name: string, log: Partial<events.Log>, why?: events.WhyAll]> = [
    ["nothing is wrong", {}],
    ["the log is refused", { refused: "403" }, { _tag: "Refused", detail: "403" }],
    ["it shows nothing from before the oldest row", { reachesBack: false }, { _tag: "Empty" }],
    [
      "it shows something after it",
      { reachesBack: false, ...joined([granted("e", "cp_1", "ft:b", at)]) },
      { _tag: "Empty" }
    ],
    [
      "an event lies in our future",
      joined([granted("e", "cp_1", "ft:b", at + 1)]),
      { _tag: "Future", event: "e", at: at + 1 }
    ],
    ["an event is of this second", joined([granted("e", "cp_1", "ft:b", at)])],
    ["an event joins no checkpoint", joined([revoked("e", "cp_1")]), { _tag: "Unresolved", event: "e" }],
    ["it is older than every row", joined([revoked("e", "cp_1", at - 3 * 3600)])],
    ["a journalled change has no event", { recorded: [done] }, noEvent],
    ["it has", { recorded: [done], ...joined([granted("e", "cp_j", "ft:a", at - 3600)]) }],
    [
      "it has one of the other action",
      { recorded: [done], ...joined([granted("e", "cp_x"), revoked("f", "cp_j")], known) },
      noEvent
    ],
    ["it is not an hour old", { recorded: [{ ...done, at: night - hour }] }],
    ["it is older than every row", { recorded: [{ ...done, at: night - 2 * hour - 1 }] }],
    ["nobody knows whether it was made", { recorded: [{ ...done, outcome: "unknown" }] }]
  ]
  for (const [name, more, why] of cases) {
    it(`${why === undefined ? "goes by the log" : "reads everything"} if ${name}`, () => {
      const others = many.map(({ checkpoint }) => row(checkpoint, night - hour))
      const reading = events.toRead([...ids, "ft:a"], [...others, old], { ...log, ...more })
      assert.deepStrictEqual(reading.why, why)
      assert.strictEqual(reading.checkpoints.length === 301, why !== undefined)
    })
  }
})

describe("unexplained", () => {
  const before = row("ft:a", night, ["cp_1"])
  const by = { _tag: "Unexplained", checkpoint: "ft:a" } as const

  const made = events.join([granted("e", "cp_1"), granted("f", "cp_2")])
  it.each<[now: string, changes: ReadonlyArray<events.Change>, unexplained: string | undefined]>([
    ["cp_1", [], undefined],
    ["cp_1 cp_2", [], "cp_2"],
    ["", [], "cp_1"],
    ["", made, "cp_1"],
    ["cp_1 cp_2", made, undefined],
    ["", events.join([revoked("g", "cp_1")]), undefined]
  ])("is a permission that came or went, %j, without an event of its own and of this action", (now, changes, one) => {
    const after = row("ft:a", night, now.match(/\S+/g) ?? [])
    const expected = one === undefined ? undefined : { ...by, permission: one }
    assert.deepStrictEqual(events.unexplained(before, after, changes), expected)
  })

  it("takes what a row does not hold for unknown if it was not read to the end, or does not say since when it knows", () => {
    const cut = { ...row("ft:a", night, []), complete: false }
    assert.strictEqual(events.unexplained(before, cut, []), undefined)
    assert.strictEqual(events.unexplained(cut, before, []), undefined)
    assert.strictEqual(events.unexplained({ ...before, readFrom: undefined }, row("ft:a", night, []), []), undefined)
  })
})

describe("isOurs", () => {
  const [grant, revoke] = events.join([
    { ...granted("a", "cp_1"), actor: { api_key: { id: "key_1" } } },
    { ...revoked("b", "cp_1"), actor: { session: { user: { id: "user-1" } } } }
  ])

  it("is by permission and action, or by a key of ours", () => {
    if (grant === undefined || revoke === undefined) return assert.fail("no changes")
    const made = { at: night, action: "grant", permission: "cp_1" } as const
    for (const outcome of ["done", "unknown"] as const) {
      const isOurs = events.isOurs([{ ...made, outcome }], [])
      assert.deepStrictEqual([isOurs(grant), isOurs(revoke)], [true, false])
    }
    const byKey = events.isOurs([], ["key_1"])
    assert.deepStrictEqual([byKey(grant), byKey(revoke)], [true, false])
    assert.isFalse(events.isOurs([], [])(grant))
  })
})
