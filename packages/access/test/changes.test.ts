import type { ServerBehavior } from "@checkpoint-permissions/testing"
import { Faults } from "@checkpoint-permissions/testing"
import { DateTime, Effect, Stream } from "effect"
import { assert, describe, it } from "vitest"
import { Access, AccessChanges, type AccessPlan } from "../src/index.ts"
import { changesOf, commit, planSince, shownSteps } from "./support/commits.ts"
import { a, b, policy, test, type World } from "./support/world.ts"

const start = Date.UTC(2026, 0, 1)
const hour = 3_600_000
const day = 24 * hour

type Entries = Parameters<typeof policy>[0]

const until = (project: string, last: string) => ({ project, until: last })
const exact = (...projects: ReadonlyArray<string | { project: string; until: string }>) => ({ [a]: { projects } })
const atLeast = (...projects: ReadonlyArray<string>) => ({ [a]: { mode: "at-least" as const, projects } })

/** The commit that changed a cell, by its hours after the start. `undefined` is an invalid policy. */
const changedAt = (project: string, ...entries: ReadonlyArray<Entries | undefined>) => {
  const [base, ...commits] = entries.map((one, at) =>
    commit(String(at), start + at * day, one === undefined ? undefined : policy(one))
  )
  return AccessChanges.commitOf(changesOf(base, ...commits), a, project)?.id
}

describe("a commit changes a cell", () => {
  it.each<[what: string, project: string, entries: ReadonlyArray<Entries | undefined>, commit: string | undefined]>([
    ["if it adds the project", "proj_x", [exact(), exact("proj_x")], "1"],
    ["if it removes the project", "proj_x", [exact("proj_x"), exact()], "1"],
    ["the last one that did has its time", "proj_x", [exact(), exact("proj_x"), exact(), exact("proj_x")], "3"],
    ["not if another project changes", "proj_x", [exact("proj_x"), exact("proj_x", "proj_y")], undefined],
    [
      "not if an end moves",
      "proj_x",
      [exact(until("proj_x", "2026-03-01")), exact(until("proj_x", "2026-04-01"))],
      undefined
    ],
    [
      "not if an end is added that is to come",
      "proj_x",
      [exact("proj_x"), exact(until("proj_x", "2026-03-01"))],
      undefined
    ],
    ["if an end is set into the past", "proj_x", [exact("proj_x"), exact(until("proj_x", "2026-01-01"))], "1"],
    [
      "if access is extended after it ended",
      "proj_x",
      [exact(until("proj_x", "2025-12-01")), exact(until("proj_x", "2026-03-01"))],
      "1"
    ],
    ["of a project that no list names, if the mode becomes exact", "proj_z", [atLeast("proj_x"), exact("proj_x")], "1"],
    [
      "of a project that no list names, if the mode becomes at-least",
      "proj_z",
      [exact("proj_x"), atLeast("proj_x")],
      "1"
    ],
    ["not of a listed one, if the mode changes", "proj_x", [atLeast("proj_x"), exact("proj_x")], undefined],
    ["of every project, if an exact entry appears", "proj_z", [{ [b]: [] }, { [b]: [], ...exact("proj_x") }], "1"],
    [
      "of listed projects only, if an at-least entry appears",
      "proj_z",
      [{ [b]: [] }, { [b]: [], ...atLeast("proj_x") }],
      undefined
    ],
    ["of the owner, if it is set", "proj_x", [exact(), { [a]: { owner: "proj_x", projects: [] } }], "1"],
    ["of no other project then", "proj_y", [exact(), { [a]: { owner: "proj_x", projects: [] } }], undefined],
    ["of the owner, if it is removed", "proj_x", [{ [a]: { owner: "proj_x", projects: [] } }, exact()], "1"],
    ["before and after an invalid policy, at the next valid one", "proj_x", [exact(), undefined, exact("proj_x")], "2"],
    ["not if an invalid policy comes in between", "proj_x", [exact("proj_x"), undefined, exact("proj_x")], undefined]
  ])("%s", (_, project, entries, expected) => {
    assert.strictEqual(changedAt(project, ...entries), expected)
  })

  it("never without a base: all cells are unknown", () => {
    const changes = changesOf(undefined, commit("1", start, policy(exact("proj_x"))))
    assert.isUndefined(AccessChanges.commitOf(changes, a, "proj_x"))
  })
})

/** The log began a year before. Every change by hand has an event. */
const world = (seed: World["seed"], behavior: Partial<ServerBehavior.ServerBehavior> = {}): World => ({
  seed,
  startAt: start,
  organization: { events: [{ type: "organization.updated", effective_at: start / 1000 - 365 * 86_400 }] },
  behavior: { dashboardEvents: 1, ...behavior }
})
const seeded = (...projects: ReadonlyArray<string>) =>
  projects.map((project_id, at) => ({ id: `cp_${at}`, project_id, created_at: start / 1000 - 10 * 86_400 }))
const pass = Effect.sleep("1 hour")
const now = Effect.map(DateTime.now, ({ epochMillis }) => epochMillis)
const base = commit("base", start - day, policy(exact("proj_x")))
/** The changes of one commit, made now. */
const merged = (entries: Entries, from = base) =>
  Effect.map(now, (at) => changesOf(from, commit("head", at, policy(entries))))
const apply = (plan: AccessPlan.AccessPlan) => Stream.runDrain(Access.apply(plan))
const waits = ({ checkpoints }: AccessPlan.AccessPlan) =>
  checkpoints.some(({ steps }) => steps.some(AccessChanges.isWaiting))

describe("the newest intention wins", () => {
  test(
    "over the server as it was before: grants and revokes are made, with their commit",
    world({ [a]: seeded("proj_x") }),
    function* () {
      yield* pass
      const changes = yield* merged(exact("proj_y"))
      yield* pass
      const plan = yield* planSince(changes)
      assert.deepStrictEqual(shownSteps(plan), ["+ proj_y a", "- proj_x a"])
      const commits = plan.checkpoints.flatMap(({ steps }) => steps.map((step) => step.commit?.subject))
      assert.deepStrictEqual(commits, ["change head", "change head"])
    }
  )

  test("a revoke by hand after the merge stays", world({ [a]: seeded("proj_x") }), function* (fake) {
    const changes = yield* merged(exact("proj_x", "proj_y"))
    yield* apply(yield* planSince(changes))
    yield* pass
    const one = (yield* fake.permissions(a)).find(({ project_id }) => project_id === "proj_y")
    yield* fake.remove(a, one?.id ?? "")
    yield* pass
    const plan = yield* planSince(changes)
    assert.deepStrictEqual(shownSteps(plan), ["+ proj_y a: changed on the server since"])
    assert.isTrue(waits(plan), "the run is incomplete, and the base stays")
  })

  test("a revoke by hand before the merge does not", world({ [a]: seeded("proj_x", "proj_y") }), function* (fake) {
    yield* fake.remove(a, "cp_1")
    yield* pass
    const changes = yield* merged(exact("proj_x", "proj_y"))
    assert.deepStrictEqual(shownSteps(yield* planSince(changes)), ["+ proj_y a"])
  })

  test("a grant by hand after the merge stays", world({ [a]: [] }), function* (fake) {
    const changes = yield* merged(exact())
    yield* pass
    yield* fake.grant(a, "proj_x")
    const plan = yield* planSince(changes)
    assert.deepStrictEqual(shownSteps(plan), ["- proj_x a: changed on the server since"])
    assert.isTrue(waits(plan))
  })

  test("evidence of the same second wins", world({ [a]: [] }), function* (fake) {
    yield* fake.grant(a, "proj_x")
    const changes = yield* merged(exact())
    assert.deepStrictEqual(shownSteps(yield* planSince(changes)), ["- proj_x a: changed on the server since"])
    const [one] = yield* fake.permissions(a)
    yield* fake.remove(a, one?.id ?? "")
    const again = yield* merged(exact("proj_x"), commit("base", start - day, policy(exact())))
    assert.deepStrictEqual(shownSteps(yield* planSince(again)), ["+ proj_x a: changed on the server since"])
  })

  test(
    "what no commit explains is listed, and no reason to wait",
    world({ [a]: seeded("proj_x", "proj_z") }),
    function* () {
      yield* pass
      const plan = yield* planSince(yield* merged(exact("proj_x", "proj_y")))
      assert.deepStrictEqual(shownSteps(plan), ["+ proj_y a", "- proj_z a: not changed by these commits"])
      assert.isFalse(waits(plan))
    }
  )

  test("a commit of the future makes no step until then", world({ [a]: seeded("proj_x") }), function* () {
    const future = changesOf(base, commit("head", start + day, policy(exact("proj_y"))))
    const plan = yield* planSince(future)
    assert.deepStrictEqual(shownSteps(plan), ["+ proj_y a: dated in the future", "- proj_x a: dated in the future"])
    assert.isTrue(waits(plan))
    yield* Effect.sleep("25 hours")
    assert.deepStrictEqual(shownSteps(yield* planSince(future)), ["+ proj_y a", "- proj_x a"])
  })
})

describe("access that has ended", () => {
  const ended = policy(exact("proj_x", until("proj_y", "2025-12-25")))
  const same = changesOf(commit("base", start - day, ended), commit("head", start, ended))

  test("is revoked, though no commit asks for it", world({ [a]: seeded("proj_x", "proj_y") }), function* () {
    assert.deepStrictEqual(shownSteps(yield* planSince(same)), ["- proj_y a"])
  })

  test("stays if it was granted after its end", world({ [a]: seeded("proj_x") }), function* (fake) {
    yield* fake.grant(a, "proj_y")
    assert.deepStrictEqual(shownSteps(yield* planSince(same)), ["- proj_y a: changed on the server since"])
  })

  test("is all that is revoked without a base", world({ [a]: seeded("proj_y", "proj_z") }), function* () {
    const plan = yield* planSince(changesOf(undefined, commit("head", start, ended)))
    assert.sameMembers(shownSteps(plan), ["+ proj_x a: no base", "- proj_y a", "- proj_z a: no base"])
  })
})

describe("grants need the log", () => {
  const grants = Effect.gen(function* () {
    yield* pass
    return yield* merged(exact("proj_x", "proj_y"))
  })
  const rows: ReadonlyArray<readonly [what: string, world: World, reason: string]> = [
    ["is off", world({ [a]: seeded("proj_x") }, { auditLog: "off" }), "the audit log was not read"],
    [
      "begins later",
      { ...world({ [a]: seeded("proj_x") }), organization: { events: [] } },
      "the audit log does not reach back"
    ]
  ]
  for (const [what, server, reason] of rows) {
    test(`none is made if it ${what}, unless it was approved`, server, function* () {
      const changes = yield* grants
      const plan = yield* planSince(changes)
      assert.deepStrictEqual(shownSteps(plan), [`+ proj_y a: ${reason}`])
      assert.isTrue(waits(plan))
      const approved = yield* planSince(changes, { all: true })
      assert.deepStrictEqual(shownSteps(approved), [`+ proj_y a: although ${reason}`])
      assert.deepStrictEqual(shownSteps(yield* planSince(changes, { approved })), ["+ proj_y a"])
    })
  }

  test("none is made if its first event is younger than the commit", rows[1]?.[1] ?? {}, function* (fake) {
    const changes = yield* grants
    yield* pass
    yield* fake.grant(b, "proj_z")
    assert.deepStrictEqual(shownSteps(yield* planSince(changes)), ["+ proj_y a: the audit log does not reach back"])
  })

  test("none is made if a page of it fails", world({ [a]: seeded("proj_x") }), function* (fake) {
    const changes = yield* grants
    yield* fake.inject(Faults.error(400), { operation: "list-audit-logs", times: 9 })
    assert.deepStrictEqual(shownSteps(yield* planSince(changes)), ["+ proj_y a: the audit log was not read"])
  })

  test("a deletion that it does not explain counts against every older grant", {
    ...world({ [a]: seeded("proj_x") }),
    organization: {
      events: [
        { type: "organization.updated", effective_at: start / 1000 - 365 * 86_400 },
        { type: "checkpoint.permission.deleted", effective_at: start / 1000 + 7200, permission_id: "cp_unknown" }
      ]
    }
  }, function* () {
    const changes = yield* grants
    yield* Effect.sleep("2 hours")
    assert.deepStrictEqual(shownSteps(yield* planSince(changes)), ["+ proj_y a: a deletion is unexplained"])
    const younger = yield* merged(exact("proj_x", "proj_y"))
    assert.deepStrictEqual(shownSteps(yield* planSince(younger)), ["+ proj_y a"])
  })

  test(
    "a deletion whose grant is pages before the commit is explained by the log",
    world({ [a]: [] }),
    function* (fake) {
      yield* fake.grant(a, "proj_z")
      const [one] = yield* fake.permissions(a)
      for (let count = 0; count < 120; count++) yield* fake.grant(b, `proj_${count}`)
      yield* pass
      const changes = yield* merged(exact("proj_y"), commit("base", start - day, policy(exact())))
      yield* fake.remove(a, one?.id ?? "")
      assert.deepStrictEqual(shownSteps(yield* planSince(changes)), ["+ proj_y a"])
    }
  )
})

describe("an approval", () => {
  test(
    "is an intention of the time at which its plan was read",
    world({ [a]: seeded("proj_x", "proj_z") }),
    function* (fake) {
      yield* pass
      const changes = yield* merged(exact("proj_x", "proj_y"))
      yield* pass
      const approved = yield* planSince(changes, { all: true })
      assert.deepStrictEqual(shownSteps(approved), ["+ proj_y a", "- proj_z a: although not changed by these commits"])
      yield* apply(yield* planSince(changes, { approved }))
      assert.sameMembers([...[...(yield* fake.projects(a))]], ["proj_x", "proj_y"])
      // used again, after a change by hand
      yield* pass
      const one = (yield* fake.permissions(a)).find(({ project_id }) => project_id === "proj_y")
      yield* fake.remove(a, one?.id ?? "")
      yield* fake.grant(a, "proj_z")
      const again = yield* planSince(changes, { approved })
      assert.sameMembers(shownSteps(again), [
        "+ proj_y a: changed on the server since",
        "- proj_z a: not changed by these commits"
      ])
      assert.isTrue(waits(again))
    }
  )

  test(
    "makes nothing that the policy at HEAD no longer wants",
    world({ [a]: seeded("proj_x", "proj_z") }),
    function* () {
      yield* pass
      const approved = yield* planSince(yield* merged(exact("proj_x")), { all: true })
      assert.deepStrictEqual(shownSteps(approved), ["- proj_z a: although not changed by these commits"])
      yield* pass
      const head = yield* merged(exact("proj_x", "proj_z"))
      assert.deepStrictEqual(shownSteps(yield* planSince(head, { approved })), [])
    }
  )

  const twice = [...seeded("proj_x"), { id: "cp_2", project_id: "proj_x", created_at: start / 1000 }]

  test("of a duplicate deletes it; no commit does, or waits for it", world({ [a]: twice }), function* () {
    yield* pass
    const changes = yield* merged(exact("proj_x", "proj_y"), commit("base", start - day, policy(exact())))
    const plan = yield* planSince(changes)
    assert.deepStrictEqual(shownSteps(plan), ["+ proj_y a", "- proj_x a: not changed by these commits"])
    assert.isFalse(waits(plan))
    const approved = yield* planSince(changes, { all: true })
    assert.deepStrictEqual(shownSteps(yield* planSince(changes, { approved })), ["+ proj_y a", "- proj_x a"])
  })
})
