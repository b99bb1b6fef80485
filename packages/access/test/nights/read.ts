/** One night, as `Drift.read` reads it with the services over the world of a history. */
import { CheckpointPermissions, Organization, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { HttpClient } from "@effect/platform"
import { Clock, DateTime, Deferred, Effect, Either, Redacted } from "effect"
import { Access, type AccessPolicy, Drift } from "../../src/index.ts"
import { FakeResponse } from "../simulation/world/reply.ts"
import type { History, Night } from "./history.ts"
import type { NightWorld, World } from "./world.ts"

/** The policy of a history as a policy. */
export const policyOf = ({ policy }: History): AccessPolicy.AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(
    policy.map(({ checkpoint, entries, mode, owner }) => [
      checkpoint,
      {
        mode,
        ...(owner === undefined ? {} : { owner: Identifiers.ProjectId.make(owner) }),
        projects: entries.map(({ project, until }) =>
          until === undefined ? project : { project: Identifiers.ProjectId.make(project), until }
        )
      }
    ])
  )
})

const time = (millis: number) => DateTime.unsafeMake(millis)

/** Returns the client of a night. `onReply` is called after each reply. */
const clientOf = (begun: NightWorld, onReply: Effect.Effect<void>): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const outcome = begun.request({
        method: request.method,
        url: request.url,
        path: url.pathname,
        query: [...url.searchParams],
        headers: request.headers,
        body: ""
      })
      if (outcome._tag === "Dropped") return Effect.dieMessage("not a reply of the world")
      return Effect.as(onReply, new FakeResponse(request, outcome.reply))
    })
  )

/** A clock that the world alone moves: no timeout is ever reached. */
const clockOf = (world: World): Clock.Clock => ({
  [Clock.ClockTypeId]: Clock.ClockTypeId,
  unsafeCurrentTimeMillis: () => world.machineTime(),
  unsafeCurrentTimeNanos: () => BigInt(world.machineTime()) * 1_000_000n,
  currentTimeMillis: Effect.sync(() => world.machineTime()),
  currentTimeNanos: Effect.sync(() => BigInt(world.machineTime()) * 1_000_000n),
  sleep: () => Effect.never
})

/** Returns the drift of a night, or nothing if nothing was read. */
export const read = (
  { pageSize }: History,
  policy: AccessPolicy.AccessPolicy,
  night: Night,
  world: World,
  begun: NightWorld
): Promise<Drift.Drift | undefined> =>
  Effect.gen(function* () {
    const stopped = yield* Deferred.make<void>()
    const client = clientOf(
      begun,
      Effect.suspend(() => (begun.isStopped() ? Deferred.succeed(stopped, undefined) : Effect.void))
    )
    const options = { adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.none, retry: RetryPolicy.none }
    const run = Drift.read(policy, {
      concurrency: 1,
      now: Effect.sync(() => time(world.date())),
      stop: Deferred.await(stopped),
      unmanaged: night.unmanaged
    })
    const drift = yield* run.pipe(
      Effect.provideServiceEffect(Access.Access, Effect.flatMap(CheckpointPermissions.make(options), Access.make)),
      Effect.provideServiceEffect(Organization.Organization, Organization.make({ ...options, pageSize })),
      Effect.provideService(HttpClient.HttpClient, client),
      Effect.withClock(clockOf(world)),
      Effect.either
    )
    return Either.getOrUndefined(drift)
  }).pipe(Effect.runPromise)
