import { Access, AccessMatrix, AccessPolicy, Drift, History, Inventory, Journal } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Organization, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Layer, Redacted, TestClock } from "effect"
import type { YieldWrap } from "effect/Utils"
import { recorder } from "./support/applied.ts"
import { checkpoint, project } from "./support/world.ts"

const server = FakePermissions.FakePermissions

/** The services on one fake, whose log has an event from before everything else. */
const onBoth = (
  behavior: FakePermissions.Options["behavior"] = {},
  pacing = Pacing.none,
  organization: FakePermissions.Options["organization"] = { events: [{ type: "login.succeeded", effective_at: 1 }] }
) => {
  const admin = { adminKey: Redacted.make("sk-admin-test"), pacing, retry: RetryPolicy.none }
  return Access.layer.pipe(
    Layer.provideMerge(Layer.merge(CheckpointPermissions.layer(admin), Organization.layer(admin))),
    Layer.provideMerge(FakePermissions.layer({ organization, behavior: { dashboardEvents: 1, ...behavior } }))
  )
}

type Services = Layer.Layer.Success<ReturnType<typeof onBoth>>

const test = (
  what: string,
  layer: ReturnType<typeof onBoth>,
  body: () => Generator<YieldWrap<Effect.Effect<unknown, unknown, Services>>, unknown, never>
): void => it.effect(what, () => Effect.provide(Effect.gen(body), layer))

const all = Array.from({ length: 300 }, (_, n) => checkpoint(`ft:gpt-4o-mini-2024-07-18:org:model-${n}:B7R9VjQd`))
const many = all.slice(0, 40)
const at = (n: number) => all[n] ?? assert.fail("no such checkpoint")
const [search, old] = [project("proj_search"), project("proj_old")]

/** Every checkpoint has one project, and was read an hour ago and more. */
const auditedOf = Effect.fnUntraced(function* (checkpoints: typeof many = many) {
  yield* TestClock.setTime(Date.UTC(2026, 10, 3, 2))
  const fake = yield* server
  yield* fake.seed(Object.fromEntries(checkpoints.map((id) => [id, [search]])))
  const matrix = yield* Access.audit(checkpoints)
  yield* TestClock.adjust("1 day")
  yield* fake.clearRequests
  return { fake, matrix }
})

const audited = auditedOf()

const listed = Effect.map(
  Effect.flatMap(server, ({ requests }) => requests),
  (all) => {
    const of = (wanted: string) => all.filter(({ operation }) => operation === wanted)
    return {
      lists: of("list").map(({ checkpoint }) => checkpoint),
      logs: of("list-audit-logs").length,
      all: all.length
    }
  }
)

describe("read", () => {
  test("says who did what, by the key's name and owner, and whether it was this tool", onBoth(), function* () {
    yield* TestClock.setTime(Date.UTC(2026, 10, 3, 2))
    const fake = yield* server
    yield* fake.seedOrganization({
      adminKeys: [{ id: "key_n", name: "nightly", owner: { type: "service_account", id: "svc_ci", name: "CI" } }],
      events: [
        {
          type: "checkpoint.permission.created",
          effective_at: 1_762_100_000,
          actor: { key: "key_n" },
          permission_id: "cp_1",
          project_id: "proj_a",
          fine_tuned_model_checkpoint: "ft:a"
        },
        {
          type: "checkpoint.permission.deleted",
          effective_at: 1_762_100_100,
          actor: { session: { email: "ann@example.com", ip_address: "198.51.100.7" } },
          permission_id: "cp_1"
        },
        { type: "checkpoint.permission.deleted", effective_at: 1_762_100_200, permission_id: "cp_0", actor: null }
      ]
    })
    const history = yield* History.read({ ourKeys: ["key_n"] })
    assert.deepStrictEqual(
      history.changes.map(({ action, by, checkpoint, ours, project }) => [action, checkpoint, project, by, ours]),
      [
        ["grant", "ft:a", "proj_a", { key: "key_n", user: "svc_ci", keyName: "nightly", keyOwner: "CI" }, true],
        ["revoke", "ft:a", "proj_a", { user: "ann@example.com" }, false],
        ["revoke", undefined, undefined, {}, false]
      ]
    )
    const forms = [
      History.toTable(history, { width: 80 }),
      History.toTable(history),
      History.toCsv(history),
      History.toJson(history)
    ]
    for (const text of forms) assert.notInclude(text, "198.51.100.7")
    for (const text of forms) assert.match(text, /ann@example\.com/)
    const [narrow = ""] = forms
    assert.match(narrow, /this tool/)
    assert.match(narrow, /of 1 nothing says at which checkpoint/)
    for (const line of narrow.split("\n")) assert.isAtMost(line.length, 80)
    const ofB = History.filter(history, { checkpoint: "ft:b" })
    assert.deepStrictEqual(
      ofB.changes.map(({ permission }) => permission),
      ["cp_0"]
    )
  })

  test("knows from an inventory where a permission was that is gone", onBoth(), function* () {
    yield* TestClock.setTime(10_000_000)
    const fake = yield* server
    const made = (id: string) => ({
      type: "checkpoint.permission.created",
      effective_at: 1_000,
      permission_id: id,
      project_id: "proj_a",
      fine_tuned_model_checkpoint: "ft:a"
    })
    const gone = (id: string) => ({
      type: "checkpoint.permission.deleted",
      effective_at: 2_000,
      permission_id: id
    })
    yield* fake.seedOrganization({ events: ["cp_1", "cp_2"].map(made) })
    const organization = yield* Organization.Organization
    const inventory = yield* Inventory.discover(organization, [])
    yield* fake.seedOrganization({ events: ["cp_1", "cp_0"].map(gone) })
    const placesBy = (known: History.HistoryOptions) =>
      Effect.map(History.read({ since: DateTime.unsafeMake(1_500_000), ...known }), ({ changes }) =>
        Object.fromEntries(changes.map(({ checkpoint, permission, project }) => [permission, [project, checkpoint]]))
      )
    const unknown = [undefined, undefined]
    assert.deepStrictEqual(yield* placesBy({}), { cp_1: unknown, cp_0: unknown })
    const known = yield* placesBy({ inventories: [inventory] })
    assert.deepStrictEqual(known, { cp_1: ["proj_a", "ft:a"], cp_0: unknown })
  })

  test("fails where the log is off", onBoth({ auditLog: "off" }), function* () {
    assert.strictEqual((yield* Effect.flip(History.read()))._tag, "PermissionDeniedError")
  })
})

describe("auditAgain", () => {
  test(
    "reads what has events and the oldest, ten lists together, and says of the others how old they are",
    onBoth(),
    function* () {
      const { fake, matrix: previous } = yield* audited
      const gone = (yield* fake.permissions(at(35)))[0]?.id ?? ""
      yield* fake.remove(at(35), gone, "bob@example.com")
      yield* fake.grant(at(36), "proj_x", "bob@example.com")
      yield* TestClock.adjust("1 minute")
      const { history, matrix, why } = yield* History.auditAgain(previous)
      assert.isUndefined(why)
      const { lists, logs } = yield* listed
      assert.strictEqual(logs, 2)
      assert.sameMembers([...lists], [at(35), at(36), ...many.slice(0, 8)])
      assert.strictEqual(matrix.rows.length, 40)
      assert.deepStrictEqual(
        history?.changes.map(({ action, by, checkpoint, project }) => [action, checkpoint, project, by.user]),
        [
          ["revoke", at(35), search, "bob@example.com"],
          ["grant", at(36), "proj_x", "bob@example.com"]
        ]
      )
      const carried = matrix.rows[20]
      assert.deepStrictEqual(carried, previous.rows[20])
      const text = AccessMatrix.toTable(matrix, { form: "list" })
      assert.include(text, `${at(20)}  read 2026-11-03 02:00; no event until 2026-11-04 02:01\n`)
      assert.notMatch(text, /model-35:B7R9VjQd {2}read .*no event/)
      assert.match(AccessMatrix.toTable(matrix), /30 checkpoints of 40 were not read again/)
      assert.deepStrictEqual(yield* AccessMatrix.fromJson(AccessMatrix.toJson(matrix)), matrix)

      // The delete is shown again while a row is older than it: the audit knows which permission it was.
      yield* TestClock.adjust("1 day")
      yield* fake.clearRequests
      const next = yield* History.auditAgain(matrix)
      assert.isUndefined(next.why)
      assert.strictEqual((yield* listed).lists.length, 10)
      assert.strictEqual(next.history?.changes.length, 2)
    }
  )

  const cases: ReadonlyArray<readonly [name: string, behavior: FakePermissions.Options["behavior"], tag: string]> = [
    ["the log is off", { auditLog: "off" }, "Refused"],
    ["it shows nothing", { auditLog: "empty" }, "Empty"],
    ["a reading differs without an event", { dashboardEvents: 0 }, "Unexplained"]
  ]
  for (const [name, behavior, tag] of cases) {
    test(`reads everything if ${name}`, onBoth(), function* () {
      const { fake, matrix: previous } = yield* audited
      yield* fake.setBehavior(behavior ?? {})
      yield* fake.grant(at(3), "proj_x")
      yield* fake.grant(at(30), "proj_y")
      const { history, matrix, why } = yield* History.auditAgain(previous)
      assert.strictEqual(why?._tag, tag)
      assert.isString(why && History.reasonOf(why))
      const { lists } = yield* listed
      assert.sameMembers([...lists], [...many])
      assert.strictEqual(matrix.rows[30]?.permissions.length, 2)
      assert.isUndefined(History.carriedOverNote(matrix))
      assert.strictEqual(history === undefined, tag === "Refused")
    })
  }

  const since = "reads everything if the log was turned on after the oldest row, although it shows events since"
  test(since, onBoth({}, Pacing.none, { events: [] }), function* () {
    const { fake, matrix: previous } = yield* audited
    yield* fake.grant(at(3), "proj_x", "bob@example.com")
    const { history, why } = yield* History.auditAgain(previous)
    assert.strictEqual(history?.changes.length, 1)
    assert.strictEqual(why?._tag, "Empty")
    assert.strictEqual((yield* listed).lists.length, 40)
  })

  test("reads everything of an audit that does not say since when it knows, and what is new", onBoth(), function* () {
    const { matrix } = yield* audited
    const older = matrix.rows.slice(0, 20).map(({ readFrom: _, ...row }) => row)
    yield* History.auditAgain({ ...matrix, rows: older }, { checkpoints: [at(39)] })
    assert.strictEqual((yield* listed).lists.length, 21)
  })

  test(
    "keeps owner, retirement and who granted what of rows that are read again, and adds what the log has",
    onBoth(),
    function* () {
      const { fake, matrix: previous } = yield* audited
      const known = previous.rows.map((row) => ({
        ...row,
        owner: old,
        retires: "2027-01-31",
        permissions: row.permissions.map((one) => ({ ...one, by: "ann@example.com" }))
      }))
      yield* fake.grant(at(36), "proj_x", "bob@example.com")
      yield* TestClock.adjust("1 minute")
      const { matrix } = yield* History.auditAgain({ ...previous, rows: known })
      assert.include((yield* listed).lists, at(36))
      for (const { checkpoint, owner, permissions, retires } of matrix.rows) {
        const granters = checkpoint === at(36) ? ["ann@example.com", "bob@example.com"] : ["ann@example.com"]
        assert.deepStrictEqual([owner, retires, permissions.map(({ by }) => by)], [old, "2027-01-31", granters])
      }
    }
  )

  test("refuses an audit of one project", onBoth(), function* () {
    const { matrix } = yield* audited
    const error = yield* Effect.flip(History.auditAgain({ ...matrix, project: search }))
    assert.strictEqual(error._tag, "InvalidInputError")
    assert.strictEqual((yield* listed).all, 0)
  })
})

const policy = AccessPolicy.parse(
  `version: 1\ncheckpoints:\n${all
    .slice(0, 299)
    .map((id) => `  "${id}": { projects: [proj_search] }\n`)
    .join("")}`
)

describe("drift", () => {
  test(
    "300 checkpoints of which 3 were changed by hand: ten requests of each operation, within ten seconds",
    onBoth({}, Pacing.adaptive),
    function* () {
      const { fake, matrix: previous } = yield* auditedOf(all)
      const wanted = yield* policy
      for (const n of [100, 200, 299]) yield* fake.grant(at(n), old, "eve@example.com")
      yield* fake.setBehavior({ rate: { requests: 10, per: "1 minute" } })
      yield* TestClock.adjust("1 minute")
      const from = yield* Clock.currentTimeMillis
      const drift = yield* Drift.make(previous, yield* History.auditAgain(previous), wanted)
      const took = (yield* Clock.currentTimeMillis) - from
      const { lists, logs } = yield* listed
      assert.isAtMost(lists.length, 10)
      assert.isAtMost(logs, 10)
      assert.isAtMost(took, 10_000)
      assert.isTrue(Drift.isSeen(drift))
      assert.isFalse(Drift.isUnread(drift))
      assert.deepStrictEqual(
        drift.diff.checkpoints.map(({ checkpoint, granted }) => [checkpoint, granted.map(({ project }) => project)]),
        [100, 200, 299].map((n) => [at(n), [old]])
      )
      assert.strictEqual(drift.plan.counts.revokes, 2)
      assert.deepStrictEqual(drift.unmanaged, [{ checkpoint: at(299), projects: [old, search] }])
      assert.deepStrictEqual(
        drift.bypassed.map(({ by, checkpoint }) => [checkpoint, by.user]),
        [100, 200, 299].map((n) => [at(n), "eve@example.com"])
      )
      assert.strictEqual(drift.carriedOver, 290)
      assert.strictEqual(JSON.parse(Drift.toJson(drift)).isSeen, true)

      // The next night nothing new is seen, though the log shows the same events.
      yield* TestClock.adjust("1 day")
      const { bypassed, diff } = yield* Drift.make(drift.matrix, yield* History.auditAgain(drift.matrix), wanted)
      assert.deepStrictEqual([bypassed, diff.checkpoints], [[], []])
    }
  )

  test("what a journal has is this tool's, by permission and action", onBoth(), function* () {
    const { fake, matrix: previous } = yield* audited
    const { entries, journal } = recorder()
    yield* Access.grant(at(1), ["proj_x"], { journal })
    yield* fake.grant(at(2), "proj_x")
    const granted = entries.flatMap(({ permission }) => permission ?? [])[0] ?? ""
    yield* fake.remove(at(1), granted)
    const lines = Journal.fromLines(entries.map(Journal.toLine).join("")).entries
    const again = yield* History.auditAgain(previous, { journal: lines })
    const { bypassed } = yield* Drift.make(previous, again, yield* policy)
    assert.deepStrictEqual(bypassed.map(({ action, checkpoint }) => [action, checkpoint]).sort(), [
      ["grant", at(2)],
      ["revoke", at(1)]
    ])
    assert.deepStrictEqual(
      DateTime.toEpochMillis(again.history?.askedAt ?? previous.createdAt),
      yield* Clock.currentTimeMillis
    )
  })
})
