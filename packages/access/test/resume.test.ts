import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, type ServerBehavior } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, FastCheck as fc, Option, Stream } from "effect"
import { Access, AccessPlan, AccessProgress, type Journal } from "../src/index.ts"
import { inWorld, many, policy, service } from "./support/world.ts"

const runs = Number(process.env["RESUME_RUNS"] ?? 100)

const names = many(6, "ft:org:")

interface Scenario {
  readonly seed: number
  /** How the first run ends. */
  readonly end: "stopped" | "interrupted" | "killed"
  /** When, in milliseconds after it began. */
  readonly after: number
  /** Whether the server carries out what is in flight when the client is killed. */
  readonly carriesOut: boolean
  readonly regrant: ServerBehavior.ServerBehavior["regrant"]
  readonly faults: number
  readonly keepProgress: boolean
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  end: fc.constantFrom("stopped", "interrupted", "killed"),
  after: fc.nat(20_000),
  carriesOut: fc.boolean(),
  regrant: fc.constantFrom("existing", "second", "conflict", "bad-request"),
  faults: fc.constantFrom(0, 0.1, 0.3),
  keepProgress: fc.boolean()
})

/** What goes on only while the process lives: once it is killed this never comes back. */
const whileAlive =
  (killed: Deferred.Deferred<void>) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.raceFirst(Effect.as(Deferred.await(killed), Option.none<A>()), Effect.asSome(self)).pipe(
      Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
    )

/** A client whose process can be killed; what is in flight then, the server carries out or not. */
const mortal =
  (killed: Deferred.Deferred<void>, carriesOut: boolean) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.transformResponse(client, (request) =>
      Effect.flatMap(Deferred.isDone(killed), (dead) =>
        dead
          ? Effect.never
          : whileAlive(killed)(carriesOut ? Effect.disconnect(Effect.uninterruptible(request)) : request)
      )
    )

const scenario = (given: Scenario) =>
  inWorld(
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const wanted = policy(
        Object.fromEntries(names.map((name, i) => [name, i % 3 === 0 ? [] : many(3 + i, "proj_wanted")]))
      )
      const journalled: Array<Journal.Entry> = []
      const journal: Journal.Journal = { write: (lines) => Effect.sync(() => void journalled.push(...lines)) }
      const plan = yield* Access.plan(wanted)
      const file = yield* AccessPlan.toJson(plan)
      let progress = yield* AccessProgress.start(plan)

      const killed = yield* Deferred.make<void>()
      const stop = yield* Deferred.make<void>()
      const first = yield* service({ transformClient: mortal(killed, given.carriesOut), timeout: "5 seconds" })
      yield* fake.setFaults(
        given.faults === 0
          ? Faults.none
          : Faults.random({
              seed: given.seed,
              probability: given.faults,
              kinds: ["drop-before", "drop-after", "server-error", "rate-limited"]
            })
      )
      const firstJournal: Journal.Journal = {
        write: (lines) =>
          Effect.flatMap(Deferred.isDone(killed), (dead) => (dead ? Effect.never : journal.write(lines)))
      }
      const running = yield* Effect.forkDaemon(
        Access.apply(yield* AccessPlan.fromJson(file), {
          journal: firstJournal,
          concurrency: 3,
          stop: Deferred.await(stop)
        }).pipe(
          Stream.runForEach((step) =>
            Effect.sync(() => {
              progress = AccessProgress.advance(progress, step)
            })
          ),
          Effect.provideService(CheckpointPermissions.CheckpointPermissions, first)
        )
      )
      yield* Effect.sleep(given.after)
      if (given.end === "stopped") yield* Deferred.succeed(stop, undefined)
      if (given.end === "interrupted") yield* Fiber.interrupt(running)
      if (given.end === "killed") yield* Deferred.succeed(killed, undefined)
      if (given.end !== "killed") yield* Fiber.await(running)
      const atEnd = journalled.length
      yield* Effect.sleep("1 minute")
      if (given.end === "killed") assert.strictEqual(journalled.length, atEnd)

      yield* fake.setFaults(Faults.none)
      yield* Access.apply(yield* AccessPlan.fromJson(file), {
        journal,
        ...(given.keepProgress ? { progress } : {})
      }).pipe(Stream.runDrain)

      for (const { checkpoint, projects } of Object.entries(wanted.checkpoints).map(([checkpoint, { projects }]) => ({
        checkpoint,
        projects
      }))) {
        assert.deepStrictEqual([...(yield* fake.projects(checkpoint))].sort(), [...projects].sort(), checkpoint)
      }
      const changes = (yield* fake.requests).filter(
        ({ operation, status }) => operation !== "list" && status === 200
      ).length
      const intents = journalled.filter(({ event }) => event === "intent")
      assert.isAtLeast(intents.length, changes)
      const open = new Map<string, number>()
      for (const { action, checkpoint, event, permission, project } of journalled) {
        const key = `${action} ${checkpoint} ${project} ${action === "revoke" ? permission : ""}`
        open.set(key, (open.get(key) ?? 0) + (event === "intent" ? 1 : 0))
        if (event === "result") open.set(key, 0)
      }
      const unanswered = [...open.values()].filter((count) => count > 0).length
      if (given.end !== "killed") assert.strictEqual(unanswered, 0)
      assert.isTrue(AccessPlan.isEmpty(yield* Access.plan(wanted)))
    }),
    {
      seed: Object.fromEntries(names.map((name) => [name, many(4, "proj_gone")])),
      behavior: { regrant: given.regrant, latency: "700 millis", replyLatency: "400 millis" }
    }
  )

describe("an apply that ends at a random moment and is run again", () => {
  it(
    `ends at the policy, doubles nothing and leaves no gap in the journal (${runs} runs)`,
    { timeout: 60_000 + runs * 2000 },
    () =>
      fc.assert(
        fc.asyncProperty(scenarios, (given) => Effect.runPromise(scenario(given))),
        { numRuns: runs, seed: 20260101, endOnFailure: false }
      )
  )
})
