import { assert, describe, it } from "@effect/vitest"
import { DateTime, FastCheck as fc } from "effect"
import { Job } from "../src/index.ts"
import { admit, type Situation } from "../src/internal/rules/admission.ts"
import { outcomeOf } from "../src/internal/rules/ending.ts"
import { elapsed, freshFor, isFresh } from "../src/internal/rules/freshness.ts"
import { digestOf, entityOf, groupOf, jobEntityOf, scopeOf } from "../src/internal/rules/target.ts"

/** Few of each, so that they are often the same. */
const jobId = fc.integer({ min: 1, max: 3 }).map((id) => Job.JobId.make(id))

const situation: fc.Arbitrary<Situation> = fc.record({
  job: fc.record({
    id: jobId,
    state: fc.constantFrom("queued", "running", "ended"),
    stopping: fc.boolean(),
    deadline: fc.nat(1).map((millis) => DateTime.unsafeMake(millis))
  }),
  isFinished: fc.boolean(),
  latest: fc.option(jobId, { nil: undefined }),
  now: fc.nat(1)
})

describe("admission", () => {
  it.prop("begins a checkpoint if and only if nothing speaks against it", [situation], ([given]) => {
    const { isFinished, job, latest, now } = given
    const isOver = isFinished || job.state === "ended" || now > DateTime.toEpochMillis(job.deadline)
    const mayBegin = !isOver && !job.stopping && (latest ?? 0) <= job.id
    assert.strictEqual(admit(given)._tag === "Begin", mayBegin)
  })

  it.prop("never undoes what a later job did, and names it", [situation], ([given]) => {
    const admission = admit(given)
    if (admission._tag !== "Refused" || admission.reason !== "superseded") return
    assert.strictEqual(admission.by, given.latest)
    assert.isAbove(admission.by ?? 0, given.job.id)
  })

  it.prop("leaves the rows of a job that was stopped as they are: they are what remains", [situation], ([given]) => {
    const stopped = { ...given, job: { ...given.job, stopping: true } }
    assert.notStrictEqual(admit(stopped)._tag, "Refused")
  })
})

const counts = fc
  .record({ complete: fc.nat(5), incomplete: fc.nat(5), open: fc.nat(5) })
  .map(({ complete, incomplete, open }) => ({
    complete,
    finished: complete + incomplete,
    total: complete + incomplete + open
  }))

const cut = fc.record({
  stopping: fc.boolean(),
  late: fc.boolean(),
  failure: fc.option(fc.constant("the key is wrong"), { nil: undefined })
})

describe("the ending of a job", () => {
  it.prop("is done only if every checkpoint is complete and nothing failed", [counts, cut], ([of, by]) => {
    const outcome = outcomeOf(of, by)
    assert.strictEqual(outcome === "done", by.failure === undefined && of.complete === of.total)
  })

  it.prop("does not come while something is left and nobody cut the job short", [counts, cut], ([of, by]) => {
    const goesOn = of.finished < of.total && !by.stopping && !by.late && by.failure === undefined
    assert.strictEqual(outcomeOf(of, by) === undefined, goesOn)
  })
})

const instant = fc.record({ wall: fc.nat(100_000), monotonic: fc.nat(100_000) })

describe("a lock that is renewed", () => {
  it("is fresh for 20 of its 35 seconds, and one that was never renewed is not", () => {
    const at = { wall: 0, monotonic: 0 }
    assert.isTrue(isFresh(at, { wall: 19_999, monotonic: 19_999 }, 35_000))
    assert.isFalse(isFresh(at, { wall: 20_000, monotonic: 20_000 }, 35_000))
    assert.isFalse(isFresh(undefined, at, 35_000))
  })

  it.prop(
    "is not fresh if either clock says that it is old: one may be put back, the other may stand still",
    [instant, instant, fc.integer({ min: 1_000, max: 60_000 })],
    ([from, to, expiration]) => {
      const isOld = [to.wall - from.wall, to.monotonic - from.monotonic].some((age) => age >= freshFor(expiration))
      assert.strictEqual(isFresh(from, to, expiration), !isOld)
      assert.isAtLeast(elapsed(from, to), 0)
    }
  )
})

describe("the names of entities", () => {
  const text = fc.string({ maxLength: 600 })
  const target = fc.record({ apiUrl: text, organization: text }, { requiredKeys: ["apiUrl"] })

  it.prop(
    "differ where server, organization or checkpoint differ, and fit into the cluster's columns",
    [target, target, text, text],
    ([one, other, first, second]) => {
      const isSame = one.apiUrl === other.apiUrl && one.organization === other.organization
      assert.strictEqual(scopeOf(one) === scopeOf(other), isSame)
      const name = entityOf(scopeOf(one), first)
      assert.strictEqual(name === entityOf(scopeOf(other), second), isSame && first === second)
      assert.match(name, /^[0-9a-f]{16}-[0-9a-f]{32}$/)
      assert.strictEqual(groupOf(name), scopeOf(one))
      assert.strictEqual(groupOf(jobEntityOf(scopeOf(one), 12)), scopeOf(one))
    }
  )

  it("are not the same for an organization that is not named and one that is called nothing", () => {
    assert.notStrictEqual(scopeOf({ apiUrl: "x" }), scopeOf({ apiUrl: "x", organization: "" }))
  })

  it.prop(
    "have one digest for the same change, whatever the order",
    [fc.array(text), fc.array(text)],
    ([some, more]) => {
      const digest = digestOf("grant", some, more)
      assert.strictEqual(digest, digestOf("grant", [...some].reverse(), [...more].reverse()))
      assert.notStrictEqual(digest, digestOf("revoke", some, more))
      assert.notStrictEqual(digest, digestOf("grant", [...some, "one more"], more))
    }
  )
})
