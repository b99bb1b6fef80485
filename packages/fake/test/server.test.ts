import { behavior, faults, type http, server } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { ask, checkpoint, create, items, projectsOf, replyOf, request } from "./support.ts"

/** Plays requests one after the other, at the times given. */
const play = (start: server.State, requests: ReadonlyArray<readonly [http.ServerRequest, number]>) => {
  let state = start
  return requests.map(([one, now]) => {
    const handled = server.handle(state, one, now)
    state = handled.state
    return handled
  })
}

/** Everything that a value holds, frozen. */
const frozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
    if (value instanceof Map) for (const inner of value.values()) frozen(inner)
  }
  return value
}

const someRequest: fc.Arbitrary<http.ServerRequest> = fc.oneof(
  fc.constantFrom("proj_a", "proj_b", "proj_c").map((id) => create(id)),
  fc
    .record({ limit: fc.constantFrom("1", "2", "1000"), order: fc.constantFrom("ascending", "descending", "wrong") })
    .map((query) => request("GET", { query: Object.entries(query) })),
  fc.integer({ min: 1, max: 6 }).map((n) => request("DELETE", { id: `cp_${String(n).padStart(24, "0")}` })),
  fc.constantFrom(request("PATCH"), { ...request("GET"), path: "/v1/models" }, create(""))
)

const someOptions: fc.Arbitrary<server.Options> = fc.record({
  seed: fc.constantFrom({}, { [checkpoint]: ["proj_a", "proj_b", "proj_c", "proj_d"] }),
  behavior: fc.record({
    regrant: fc.constantFrom(...behavior.unknowns.regrant),
    shortPages: fc.constantFrom(...behavior.unknowns.shortPages),
    latency: fc.constantFrom(0, 100, { min: 10, max: 500 }),
    replyLatency: fc.constantFrom(0, { min: 0, max: 50 }),
    listingLag: fc.constantFrom(0, 1000),
    rate: fc.constantFrom("unlimited" as const, { requests: 5, per: 60_000 })
  }),
  faults: fc
    .record({ seed: fc.integer(), probability: fc.constantFrom(0, 0.5) })
    .map((options) => faults.random({ ...options, kinds: faults.kinds })),
  randomSeed: fc.integer()
})

const someRequests = fc.array(fc.tuple(someRequest, fc.nat(90_000)), { maxLength: 20 })

const summary = (handled: ReadonlyArray<server.Handled>) =>
  handled.map(({ after, outcome, record }) => ({ after, outcome, record: JSON.stringify(record) }))

describe("the pure server", () => {
  it("the same state, requests and times make the same replies, and no state is changed", () =>
    fc.assert(
      fc.property(someOptions, someRequests, (options, requests) => {
        const start = frozen(server.start(options, 0))
        const before = JSON.stringify(server.permissions(start, checkpoint))
        const once = play(start, requests)
        assert.deepStrictEqual(summary(play(start, requests)), summary(once))
        assert.strictEqual(JSON.stringify(server.permissions(start, checkpoint)), before)
        for (const { record } of once) assert.include(["replied", "dropped"], record.outcome)
      })
    ))

  it("latency and replyLatency pass before and after the execution, and are what `after` adds up", () => {
    const start = server.start({ behavior: { latency: 300, replyLatency: 20 } }, 0)
    const first = server.receive(start, create("proj_a"), 1000)
    assert(first.step._tag === "Wait")
    assert.strictEqual(first.step.after, 300)
    assert.deepStrictEqual(server.permissions(first.state, checkpoint), [])
    const second = server.resume(first.state, first.step.pending, 1300)
    assert(second.step._tag === "Wait")
    assert.strictEqual(second.step.after, 20)
    assert.lengthOf(server.permissions(second.state, checkpoint), 1)
    const third = server.resume(second.state, second.step.pending, 1320)
    assert(third.step._tag === "Done")
    assert(third.step.outcome._tag === "Replied")
    assert.strictEqual(third.step.outcome.reply.headers["openai-processing-ms"], "320")
    const after = (fault: faults.Fault) =>
      server.handle(server.inject(start, [{ fault }]), create("proj_a"), 1000).after
    assert.strictEqual(after(faults.html(502)), 320)
    assert.strictEqual(after(faults.latency({ before: 5, after: 7 })), 332)
    assert.strictEqual(after(faults.dropBefore()), 0)
  })
})

describe("listingLag", () => {
  const list = (state: server.State, now: number) =>
    projectsOf(replyOf(server.handle(state, request("GET"), now).outcome).body)
  const lagging = (options: server.Options = {}) => server.start({ ...options, behavior: { listingLag: 1000 } }, 0)

  it("a listing shows a permission that is gone until that time has passed, a delete does not", () => {
    const start = lagging({ seed: { [checkpoint]: [{ id: "cp_1", project_id: "proj_a" }, "proj_b"] } })
    const removed = server.remove(start, checkpoint, "cp_1", 500)
    assert.deepStrictEqual(list(removed, 1499), ["proj_b", "proj_a"])
    assert.deepStrictEqual(list(removed, 1500), ["proj_b"])
    assert.strictEqual(replyOf(server.handle(removed, request("DELETE", { id: "cp_1" }), 501).outcome).status, 404)
  })

  it("a seed is shown at once, also between writes that are not", () => {
    const { state } = server.handle(lagging(), create("proj_a"), 5000)
    const seeded = server.seed(state, { [checkpoint]: [{ project_id: "proj_old", created_at: 0 }] }, 5100)
    assert.deepStrictEqual(list(seeded, 5100), ["proj_old"])
    assert.deepStrictEqual(list(seeded, 6000), ["proj_a", "proj_old"])
  })

  it("a listing is what the permissions were that long ago", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(someRequest, fc.nat(700)), { maxLength: 30 }),
        fc.integer({ min: 0, max: 3000 }),
        (steps, listingLag) => {
          let state = server.start({ behavior: { listingLag, maxLimit: 1000, defaultLimit: 1000 } }, 0)
          const history: Array<readonly [since: number, projects: ReadonlyArray<string>]> = [
            [Number.NEGATIVE_INFINITY, []]
          ]
          let now = 0
          for (const [one, gap] of steps) {
            now += gap
            state = server.handle(state, one, now).state
            history.push([now, server.permissions(state, checkpoint).map(({ project_id }) => project_id)])
            const shown = history.findLast(([since]) => since + listingLag <= now)
            assert.deepStrictEqual(list(state, now), shown?.[1].toReversed())
          }
        }
      )
    ))
})

describe("times that a seed leaves out", () => {
  it("are when the server started", () => {
    const organization = {
      projects: ["proj_a"],
      models: ["gpt-4o"],
      jobs: [{ id: "ftjob-1", fine_tuned_model: checkpoint }]
    }
    const state = server.start({ organization }, 5_000)
    const times = (path: string, field: string) => {
      return items(ask(state, { path }, 60_000).reply, field)
    }
    assert.deepStrictEqual(times("/models", "created"), [5, 5])
    assert.deepStrictEqual(times("/organization/projects", "created_at"), [5])
    assert.deepStrictEqual(times("/fine_tuning/jobs", "created_at"), [5])
    assert.deepStrictEqual(times("/fine_tuning/jobs", "finished_at"), [5])
    assert.deepStrictEqual(times("/fine_tuning/jobs/ftjob-1/checkpoints", "created_at"), [5])
  })
})
