import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Clock, Effect, Either, Stream } from "effect"
import { Access, AccessMatrix, AccessPlan } from "../src/index.ts"
import { affectsOneCheckpoint, afterCheckpoint, closed, isFatal } from "../src/internal/run/run.ts"
import { checkpoint, inWorld, many, policy, requestCounts, requests, test } from "./support/world.ts"

/** The statuses of the listings of each checkpoint, in order: 200 or a failure. */
type Answers = ReadonlyArray<number>

const names = (answers: Answers) => many(answers.length, "ft:")

const wantedOf = (answers: Answers) => policy(Object.fromEntries(names(answers).map((name) => [name, ["proj_x"]])))

const failing = (answers: Answers) =>
  Faults.scripted(
    names(answers).flatMap((name, index) => {
      const status = answers[index] ?? 200
      return status === 200
        ? []
        : [{ fault: Faults.error(status), checkpoint: name, operation: "list" as const, times: 100 }]
    })
  )

/** How many times each checkpoint was asked for, one after the other. */
const attempts = Effect.map(requests, (all) =>
  Object.values(Arr.groupBy(all, ({ checkpoint = "" }) => checkpoint)).map(({ length }) => length)
)

/** `*` was tried again, `1` was not. */
const shape = Effect.map(attempts, (counts) => counts.map((count) => (count > 1 ? "*" : "1")).join(""))

/** Runs that read checkpoints one by one: `Right` where they deliver something. */
const runs = {
  audit: (answers: Answers) => Effect.asVoid(Access.audit(names(answers).map(checkpoint), { concurrency: 1 })),
  apply: (answers: Answers) =>
    Effect.gen(function* () {
      // A plan of a server on which nothing fails, loaded, so that each checkpoint is read again.
      const service = yield* CheckpointPermissions.CheckpointPermissions
      const json = yield* inWorld(Effect.flatMap(Access.plan(wantedOf(answers)), AccessPlan.toJson))
      const plan = yield* AccessPlan.fromJson(json)
      assert.strictEqual(plan.apiUrl, service.server.apiUrl)
      yield* Stream.runDrain(Access.apply(plan, { concurrency: 1 }))
    })
}

const endings = (run: keyof typeof runs, answers: Answers): Effect.Effect<readonly [string, string], unknown> =>
  inWorld(
    Effect.gen(function* () {
      const ended = yield* Effect.either(runs[run](answers))
      return [yield* shape, Either.isLeft(ended) ? ended.left._tag : "delivered"] as const
    }),
    { faults: failing(answers), seed: Object.fromEntries(names(answers).map((name) => [name, ["proj_x"]])) }
  )

const times = (count: number, status: number): Answers => Arr.replicate(status, count)

const cases: ReadonlyArray<readonly [string, Answers, string, string, string]> = [
  ["three are tried again, seven once, and then it ends", times(14, 500), "***1111111", "ServerError", "ServerError"],
  ["of fewer than ten all are tried", times(5, 500), "***11", "ServerError", "delivered"],
  ["of fewer than three all are tried again", times(2, 500), "**", "ServerError", "delivered"],
  [
    "another status begins a new row",
    [500, 500, 500, 503, 503, 503, 503, 500, 500],
    "***1**1" + "1*",
    "ServerError",
    "delivered"
  ],
  [
    "statuses that alternate are no row, and nothing read is an error",
    [500, 503, 500, 503, 500],
    "*****",
    "ServerError",
    "delivered"
  ],
  [
    "a checkpoint that is not there neither counts nor breaks the row",
    [500, 404, 500, 404, 500, 404, 500, 400, ...times(20, 500)],
    "*1*1*11" + "1" + "111111",
    "ServerError",
    "ServerError"
  ],
  ["those that are not there are not among all", [404, 500, 500, 404], "1**1", "ServerError", "delivered"],
  [
    "it ends immediately when the key is not accepted",
    times(14, 401),
    "1",
    "AuthenticationError",
    "AuthenticationError"
  ],
  ["it ends immediately when every request is rate limited", times(14, 429), "*", "RateLimitError", "RateLimitError"],
  ["an answer closes it", [500, 500, 500, 200, 500, 500, 500, 500], "***1***1", "delivered", "delivered"]
]

for (const run of ["audit", "apply"] as const) {
  describe(`in a row of failures, ${run}`, () => {
    for (const [what, answers, expected, reading, applying] of cases) {
      it.effect(what, () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* endings(run, answers), [expected, run === "apply" ? applying : reading])
        })
      )
    }
  })
}

describe("a failure", () => {
  const common = { operation: "list", mayHaveExecuted: false } as const
  const errors: ReadonlyArray<PermissionsError.PermissionsError> = [
    new PermissionsError.BadRequestError(common),
    new PermissionsError.AuthenticationError(common),
    new PermissionsError.MissingScopeError({ ...common, scopes: [] }),
    new PermissionsError.NotFoundError(common),
    new PermissionsError.QuotaExhaustedError(common),
    new PermissionsError.ServerError(common),
    new PermissionsError.IncompleteListingError({ ...common, reason: "cursor-repeated", received: 0 })
  ]
  const tags = (isSo: (error: PermissionsError.PermissionsError) => boolean) =>
    errors.filter(isSo).map(({ _tag }) => _tag)

  it("affects one checkpoint, or all, or counts", () => {
    assert.deepStrictEqual(tags(affectsOneCheckpoint), ["BadRequestError", "NotFoundError", "IncompleteListingError"])
    assert.deepStrictEqual(tags(isFatal), ["AuthenticationError", "MissingScopeError", "QuotaExhaustedError"])
  })
})

describe("a row", () => {
  it("is neither ended nor extended by a checkpoint without a request", () => {
    const failure = new PermissionsError.ServerError({ operation: "list", mayHaveExecuted: false, status: 500 })
    const failed = afterCheckpoint(closed, failure)
    assert.deepStrictEqual(afterCheckpoint(failed, "not asked"), failed)
  })

  test("is counted in the order in which checkpoints end", {
    // Each failure takes fifty seconds.
    faults: Faults.scripted([
      { fault: Faults.latency({ before: "110 seconds" }), checkpoint: "ft:000" },
      ...names(times(30, 500))
        .slice(1)
        .map((name) => ({
          fault: Faults.error(500, { headers: { "retry-after": "10" } }),
          checkpoint: name,
          times: 100
        }))
    ]),
    client: { timeout: "10 minutes" }
  }, function* () {
    const matrix = yield* Access.audit(names(times(30, 500)).map(checkpoint), { concurrency: 2 })
    assert.lengthOf(
      matrix.rows.filter(({ complete }) => complete),
      1
    )
    const tried = yield* attempts
    // Two before the slow one answers, three after it, and one that was under way when these had ended.
    assert.lengthOf(
      tried.filter((count) => count > 1),
      6
    )
  })
})

const twenty = times(20, 500)
const wanted = wantedOf(twenty)

describe("a long run on a server that fails", () => {
  test("an audit returns the rows that it read, and the reason for the others", {
    faults: failing([...times(5, 200), ...times(15, 500)])
  }, function* () {
    const matrix = yield* Access.audit(names(twenty).map(checkpoint), { concurrency: 4 })
    const { complete, incomplete } = AccessMatrix.counts(matrix)
    assert.deepStrictEqual([complete, incomplete], [5, 15])
    const last = matrix.rows.at(-1)
    assert.match(last?.complete === false ? last.reason : "", /the run ended, .*500/)
  })

  test("a plan returns that reason too for checkpoints that were being read", {
    faults: Faults.scripted([
      { fault: Faults.latency({ before: "1 minute" }), checkpoint: "ft:001" },
      { fault: Faults.latency({ before: "10 seconds" }), checkpoint: "ft:002", nth: 1 },
      { fault: Faults.error(401), checkpoint: "ft:003", times: 9 }
    ]),
    seed: { "ft:000": [] }
  }, function* () {
    const { unread } = yield* Access.plan(wantedOf(times(4, 200)), { concurrency: 3 })
    assert.isNotEmpty(unread)
    for (const { reason } of unread) assert.match(reason, /401/)
  })

  /** The steps of an apply that fails with an error of the server. */
  const failed = (plan: AccessPlan.AccessPlan, options?: Access.ApplyOptions) =>
    Effect.gen(function* () {
      const steps: Array<string> = []
      const error = yield* Effect.flip(
        Stream.runForEach(Access.apply(plan, options), (step) =>
          Effect.sync(() => void steps.push(step._tag === "Stopped" ? `Stopped ${step.remaining}` : step._tag))
        )
      )
      assert.strictEqual(error._tag, "ServerError")
      return { last: steps.at(-1) ?? "", failures: steps.filter((tag) => tag === "Failed").length }
    })

  test("an apply ends with its steps, the number of checkpoints left, and the error", {}, function* () {
    const plan = yield* Access.plan(wanted)
    const { inject } = yield* FakePermissions.FakePermissions
    const fault = Faults.error(500, { headers: { "x-should-retry": "false" } })
    yield* inject(fault, { operation: "create", times: 1000 })
    assert.deepStrictEqual(yield* failed(plan, { concurrency: 1 }), { last: "Stopped 10", failures: 10 })
  })
})

describe("a rate limit", () => {
  test("of one checkpoint alone does not end an apply", {
    behavior: { latency: "30 seconds" },
    client: { timeout: "1 minute" }
  }, function* (fake) {
    const plan = yield* Access.plan(wanted)
    const refused = { operation: "list", checkpoint: "ft:003", times: 100_000 } as const
    yield* fake.inject(Faults.rateLimited({ "retry-after": "1" }), refused)
    const steps = [...(yield* Stream.runCollect(Access.apply(plan, { concurrency: 2 })))]
    assert.lengthOf(
      steps.filter((step) => step._tag === "CheckpointFinished" && step.complete),
      19
    )
  })

  test("ends at a deadline, with an error that says so", {}, function* (fake) {
    const from = yield* Clock.currentTimeMillis
    yield* fake.inject(Arr.replicate(Faults.rateLimited({ "retry-after": "30" }), 99))
    const audit = Access.audit(names(times(20, 429)).map(checkpoint), { concurrency: 2 })
    const error = yield* Effect.flip(CheckpointPermissions.withOptions(audit, { deadline: "40 seconds" }))
    assert.strictEqual(error._tag, "RateLimitError")
    assert.isTrue(error.endedByDeadline)
    assert.include(error.message, "deadline")
    assert.isAtMost((yield* Clock.currentTimeMillis) - from, 40_000)
  })

  test("ends an apply when creates are not accepted, although listings are", {}, function* (fake) {
    const answers = times(20, 200)
    const plan = yield* AccessPlan.fromJson(yield* AccessPlan.toJson(yield* Access.plan(wantedOf(answers))))
    yield* fake.inject(Faults.rateLimited({ "retry-after": "30" }), { operation: "create", times: 100_000 })
    yield* fake.clearRequests
    const error = yield* Effect.flip(Stream.runDrain(Access.apply(plan, { concurrency: 1 })))
    assert.strictEqual(error._tag, "RateLimitError")
    assert.strictEqual((yield* requestCounts).list, 1)
  })
})
