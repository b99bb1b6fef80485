import { Access, AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointPermissions, RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Clock, DateTime, Deferred, Duration, Effect, Either, Exit, Fiber, Ref } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { apiUrl } from "./support/audit.ts"
import { checkpoint, inWorld, project, test } from "./support/world.ts"

const [A, B, C] = [checkpoint("ft:a"), checkpoint("ft:b"), checkpoint("ft:c")]
const [p, q, own] = [project("proj_p"), project("proj_q"), project("proj_own")]
const server = FakePermissions.FakePermissions
const client = { retry: RetryPolicy.none }

const seed = {
  [A]: [
    { project_id: p, created_at: 100 },
    { project_id: q, created_at: 200 },
    { project_id: q, created_at: 300 }
  ],
  [B]: [{ project_id: q, created_at: 400 }],
  [C]: []
}

const notFound = Faults.error(404, { message: "no" })

describe("an audit", () => {
  test("answers nothing by an owner that only a policy names", { seed, client }, function* () {
    const read = yield* Access.audit([A, C])
    const rows = read.rows.map((row) => ({ ...row, owner: own, ownerSource: "policy" as const }))
    const stated = { ...read, rows: [...rows, ...(yield* Access.audit([B], { owners: { [B]: own } })).rows] }
    assert.deepStrictEqual(AccessMatrix.cell(stated, C, own), { _tag: "Owner", source: "policy" })
    assert.deepStrictEqual(AccessMatrix.cell(stated, C, p), { _tag: "NoPermission" })
    assert.deepStrictEqual(AccessMatrix.cell(stated, B, p), { _tag: "None" })
    assert.strictEqual(AccessMatrix.counts(stated).ownerUnknown, 2)
    assert.match(AccessMatrix.toText(stated, {}), /^ {4}owner {7}proj_own by the policy$/m)
    assert.match(AccessMatrix.toLines(stated), /\tproj_own\t\towner by the policy\t/)
    assert.deepStrictEqual(yield* AccessMatrix.fromJson(AccessMatrix.toJson(stated)), stated)
  })

  test("reports access since the oldest permission, no access, and the owner", { seed, client }, function* () {
    const found = yield* Access.audit([A, B, C], { owners: { [A]: own }, names: { [p]: "P" }, projects: [p] })
    assert.deepStrictEqual(AccessMatrix.cell(found, A, q), {
      _tag: "Access",
      since: DateTime.unsafeMake(200_000),
      permissions: 2
    })
    assert.deepStrictEqual(AccessMatrix.cell(found, A, own), { _tag: "Owner", source: "job" })
    assert.deepStrictEqual(AccessMatrix.cell(found, B, p), { _tag: "NoPermission" })
    assert.deepStrictEqual(AccessMatrix.cell(found, C, project("proj_never_heard_of")), { _tag: "NoPermission" })
    assert.strictEqual(AccessMatrix.cell(found, checkpoint("ft:other"), p)._tag, "Unknown")
    assert.deepStrictEqual([...AccessMatrix.projects(found)], [p, own, q])
    assert.strictEqual(found.apiUrl, apiUrl)
    assert.deepStrictEqual(
      (yield* (yield* server).requests).map(({ checkpoint, method }) => [method, checkpoint]),
      [A, B, C].map((id) => ["GET", id])
    )
  })

  test("reads each checkpoint once, in the given order, with one request for up to a page", { client }, function* () {
    const full = Array.from({ length: 100 }, (_, n) => project(`proj_${n}`))
    yield* (yield* server).seed({ [A]: full })
    const found = yield* Access.audit([C, A, C, B, A], { concurrency: 3 })
    assert.deepStrictEqual(
      found.rows.map((row) => row.checkpoint),
      [C, A, B]
    )
    assert.strictEqual((yield* (yield* server).requests).length, 3)
    assert.strictEqual(AccessMatrix.projects(found).length, 100)
  })
})

describe("a checkpoint that cannot be read", () => {
  test("is unknown, with the reason, and the others are read", { seed, client }, function* () {
    yield* (yield* server).inject(notFound, { checkpoint: B })
    const found = yield* Access.audit([A, B, C])
    const cell = AccessMatrix.cell(found, B, q)
    assert.strictEqual(cell._tag, "Unknown")
    assert.include(cell._tag === "Unknown" ? cell.reason : "", "no such checkpoint")
    assert.strictEqual(AccessMatrix.cell(found, C, q)._tag, "NoPermission")
    assert.deepInclude(AccessMatrix.counts(found), { complete: 2, incomplete: 1 })
  })

  test("has the access of the pages that were read, and all else is unknown", {
    client: { ...client, pageSize: 10, prefetch: false }
  }, function* () {
    const many = Array.from({ length: 25 }, (_, n) => project(`proj_${n}`))
    yield* (yield* server).seed({ [A]: many })
    yield* (yield* server).setFaults(Faults.scripted([{ fault: Faults.error(500), nth: 2 }]))
    const found = yield* Access.audit([A])
    const tags = many.map((id) => AccessMatrix.cell(found, A, id)._tag)
    assert.deepStrictEqual(tags, [...Array(10).fill("Access"), ...Array(15).fill("Unknown")])
    assert.strictEqual(AccessMatrix.cell(found, A, project("proj_else"))._tag, "Unknown")
  })

  test("fails the audit if no connection was ever made", { seed, client }, function* () {
    yield* (yield* server).inject(Faults.dropBefore(), { times: 9 })
    assert.strictEqual((yield* Effect.flip(Access.audit([A, B, C], { concurrency: 1 })))._tag, "ConnectionError")
  })

  scoped("is never reported without access that it has, under random faults", function* () {
    const projects = Array.from({ length: 30 }, (_, n) => project(`proj_${n}`))
    const checkpoints = Array.from({ length: 12 }, (_, n) => checkpoint(`ft:${n}`))
    const has = (c: number, n: number) => (c * 5 + n * 3 + c * n) % 4 < 2
    const truth = Object.fromEntries(checkpoints.map((id, c) => [id, projects.filter((_, n) => has(c, n))]))
    const tally: Record<string, number> = {}
    for (let run = 0; run < 6; run++) {
      const faults = Faults.random({ seed: run, probability: 0.25, operations: ["list"] })
      const given = { seed: truth, faults, client: { ...client, pageSize: 5, timeout: "5 seconds" } } as const
      const found = yield* Effect.either(inWorld(Access.audit(checkpoints), given))
      if (Either.isLeft(found)) continue
      for (const [c, id] of checkpoints.entries()) {
        for (const [n, one] of projects.entries()) {
          const { _tag } = AccessMatrix.cell(found.right, id, one)
          tally[_tag] = (tally[_tag] ?? 0) + 1
          if (_tag === "NoPermission") assert.isFalse(has(c, n), `${id} ${one} in run ${run}`)
          if (_tag === "Access") assert.isTrue(has(c, n), `${id} ${one} in run ${run}`)
        }
      }
    }
    // Each of them came about, or the property says nothing.
    for (const tag of ["Access", "NoPermission", "Unknown"]) assert.isAbove(tally[tag] ?? 0, 100, tag)
  })
})

describe("an audit of one project", () => {
  test("lists that project only, and reports others as unknown", { seed, client }, function* () {
    const found = yield* Access.audit([A, B, C], { project: p, projects: [q], owners: { [C]: p } })
    assert.deepStrictEqual(
      (yield* (yield* server).requests).map(({ query }) => query["project_id"]),
      [p, p, p]
    )
    assert.deepStrictEqual(
      [A, B, C].map((id) => AccessMatrix.cell(found, id, p)._tag),
      ["Access", "NoPermission", "Owner"]
    )
    assert.strictEqual(AccessMatrix.cell(found, A, q)._tag, "Unknown")
    assert.deepStrictEqual([...AccessMatrix.projects(found)], [p])
    assert.strictEqual((yield* Effect.flip(AccessMatrix.toPolicy(found)))._tag, "IncompleteMatrix")
  })

  test("ignores other projects if the server ignores the filter", { seed, client }, function* () {
    const service = yield* CheckpointPermissions.CheckpointPermissions
    const access = yield* Access.make({ ...service, stream: (checkpoint) => service.stream(checkpoint) })
    const found = yield* access.audit([A, B, C], { project: p })
    assert.deepStrictEqual(
      found.rows.map((row) => row.permissions.map(({ project_id }) => project_id)),
      [[p], [], []]
    )
  })
})

describe("an audit in progress", () => {
  test("passes each row that was read to onRow", { seed, client }, function* (fake) {
    yield* fake.inject(notFound, { checkpoint: B })
    const rows: Array<string> = []
    const first = yield* Access.audit([A, B], {
      concurrency: 1,
      names: { [p]: "P", __proto__x: "x" },
      owners: { [A]: own },
      onRow: (row, { done, failed, total }) =>
        Effect.sync(() => {
          rows.push(`${row.checkpoint} ${row.owner} ${done}/${total} ${failed}`)
        })
    })
    assert.deepStrictEqual(rows, [`${A} ${own} 1/2 0`, `${B} undefined 2/2 1`])
    assert.deepStrictEqual(yield* AccessMatrix.fromJson(AccessMatrix.toJson(first)), first)
    assert.deepStrictEqual(
      first.rows.map((row) => !row.complete && row.notFound),
      [false, true]
    )
  })

  test("ends waits when it is stopped, sends nothing more and returns all rows that it read", {
    behavior: { rate: { requests: 10, per: "1 minute" } },
    client: { pacing: undefined }
  }, function* (fake) {
    const checkpoints = Array.from({ length: 40 }, (_, n) => checkpoint(`ft:${n}`))
    const stop = yield* Deferred.make<void>()
    const read = yield* Ref.make(0)
    const fiber = yield* Effect.fork(
      Access.audit(checkpoints, { stop: Deferred.await(stop), onRow: () => Ref.update(read, (n) => n + 1) })
    )
    yield* Effect.sleep("91 seconds")
    const before = (yield* fake.requests).length
    const at = yield* Clock.currentTimeMillis
    yield* Deferred.succeed(stop, undefined)
    const found = yield* Fiber.join(fiber)
    assert.isBelow((yield* Clock.currentTimeMillis) - at, 1000)
    assert.strictEqual((yield* fake.requests).length, before)
    const { complete, incomplete } = AccessMatrix.counts(found)
    assert.isAbove(complete, 5)
    assert.isAbove(incomplete, 5)
    assert.strictEqual(complete + incomplete, 40)
    assert.isTrue(found.rows.every((row) => row.complete || row.reason === "not read: stopped"))
  })

  test("ends immediately when it is interrupted", {
    seed,
    client,
    behavior: { latency: "20 seconds" }
  }, function* () {
    const fiber = yield* Effect.fork(Access.audit([A, B, C]))
    yield* (yield* server).awaitRequests(3)
    const at = yield* Clock.currentTimeMillis
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
    assert.strictEqual(yield* Clock.currentTimeMillis, at)
  })

  test("calls onRow for one row at a time", { seed, client }, function* () {
    let telling = 0
    let most = 0
    yield* Access.audit([A, B, C], {
      onRow: () =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            telling += 1
            most = Math.max(most, telling)
          }),
          () => Effect.sleep(Duration.seconds(1)),
          () => Effect.sync(() => (telling -= 1))
        )
    })
    assert.strictEqual(most, 1)
  })
})
