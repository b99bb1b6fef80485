import { FakePermissions } from "@checkpoint-permissions/testing"
import { Entity, ShardingConfig } from "@effect/cluster"
import { assert, describe } from "@effect/vitest"
import { Chunk, Duration, Effect, Layer, Logger, LogLevel, Stream } from "effect"
import { Cluster, type Job, Jobs } from "../src/index.ts"
import * as store from "../src/internal/store/schema.ts"
import { Store } from "../src/internal/store/store.ts"
import { begin } from "../src/internal/store/tasks.ts"
import * as writer from "../src/internal/worker/checkpoint.ts"
import { CheckpointEntity } from "../src/internal/worker/entities.ts"
import { FreshLocks } from "../src/internal/worker/freshLocks.ts"
import { freshFile } from "./support/databases.ts"
import { tally } from "./support/jobs.ts"
import { live } from "./support/test.ts"
import { checkpoint, checkpoints, fake, projects } from "./support/world.ts"

const target: Job.Target = { apiUrl: "https://api.openai.com/v1" }
const [name = ""] = checkpoints(1)

const jobsOfFile = Layer.unwrapScoped(
  Effect.map(freshFile, (file) =>
    Layer.merge(Jobs.layer({ pollInterval: "10 millis" }), store.layer()).pipe(
      Layer.provide(Cluster.sqliteClient(file))
    )
  )
)

/** The one turn of a job that grants, with what happens when the lock is looked at. */
const turn = (
  onGate: (job: Job.JobId, looked: number) => Effect.Effect<void, never, Store>,
  isFresh: (looked: number) => boolean = () => true
) =>
  Effect.gen(function* () {
    const jobs = yield* Jobs.Jobs
    const opened = yield* Store
    const server = yield* FakePermissions.FakePermissions
    const { job } = yield* jobs.grant(target, checkpoint(name), projects("proj_a", "proj_b"), { actor: "test" })
    const sent: Array<number> = []
    const gate = Effect.gen(function* () {
      sent.push((yield* server.requests).length)
      yield* onGate(job.id, sent.length)
    }).pipe(Effect.provideService(Store, opened))
    const locks = Layer.succeed(FreshLocks, {
      isShardFresh: () => Effect.sync(() => isFresh(sent.length)),
      whileFresh: () => gate,
      status: Effect.succeed({ shards: 1, confirmed: Duration.zero })
    })
    const client = yield* Entity.makeTestClient(
      CheckpointEntity,
      Layer.provide(writer.layer({ store: opened, locks: undefined }, "worker"), locks)
    )
    const entity = yield* client("0123456789abcdef-one")
    yield* entity.work({ job: job.id, position: 0, attempt: 0, once: false })
    return {
      sent,
      requests: yield* server.requests,
      events: Chunk.toReadonlyArray(yield* Stream.runCollect(jobs.events(job.id)))
    }
  }).pipe(
    Effect.provide(Layer.mergeAll(jobsOfFile, ShardingConfig.layer(), Logger.minimumLogLevel(LogLevel.None))),
    Effect.provide(fake())
  )

describe("the writer of a checkpoint", () => {
  live("looks whether its lock is fresh before each request", function* () {
    const { requests, sent } = yield* turn(() => Effect.void)
    assert.deepStrictEqual(
      requests.map(({ operation }) => operation),
      ["list", "create", "list"]
    )
    // once before its turn, then before each of the three
    assert.deepStrictEqual(sent, [0, 0, 1, 2])
  })

  live("waits for its lock again when that is not fresh any more once the turn has come", function* () {
    const { requests, sent } = yield* turn(
      () => Effect.void,
      (looked) => looked !== 3
    )
    assert.lengthOf(requests, 3)
    assert.deepStrictEqual(sent, [0, 0, 1, 1, 2])
  })

  live("sends no write whose intent is not stored, since another one has begun the checkpoint", function* () {
    const { events, requests } = yield* turn((job, looked) =>
      looked === 2
        ? Effect.flatMap(Store, (opened) => begin(opened, { job, position: 0 }, "another worker")).pipe(Effect.orDie)
        : Effect.void
    )
    // The first turn ends when its intent is refused; the next one reads again.
    assert.deepStrictEqual(
      requests.map(({ operation }) => operation),
      ["list", "list", "create", "list"]
    )
    assert.deepStrictEqual(tally(events), { Began: 3, Journaled: 4, Granted: 2, CheckpointFinished: 1 })
  })
})
