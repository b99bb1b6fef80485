/** Runs a case of the contract on Effect 4. */
import type { Call, Case, Observed, ServiceOptions } from "@checkpoint-permissions/contract"
import {
  Access,
  CheckpointPermissions,
  FakePermissions,
  Pacing,
  PermissionsError,
  RetryPolicy,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Clock, Effect, Redacted, Result, Schedule, Stream } from "effect"

/** As a program without types would pass it. */
const untyped = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

const pacingOf = (pacing: ServiceOptions["pacing"]): Pacing.Pacing => {
  if (pacing === undefined || pacing === "none") return Pacing.none
  return pacing === "adaptive" ? Pacing.adaptive : Pacing.fixed(pacing)
}

const retryOf = (retry: ServiceOptions["retry"]): RetryPolicy.RetryPolicy => {
  if (retry === undefined) return RetryPolicy.none
  if (retry === "standard") return RetryPolicy.standard
  const { cap, every, times } = retry
  return RetryPolicy.make({ cap, schedule: Schedule.upTo(Schedule.spaced(every), { times }) })
}

const layersOf = ({ options = {}, server = {} }: Case) => {
  const { adminKey = "sk-admin-test", pacing, retry, ...others } = options
  return {
    server: FakePermissions.layer(server),
    client: CheckpointPermissions.layer({
      ...others,
      adminKey: Redacted.make(adminKey),
      pacing: pacingOf(pacing),
      retry: retryOf(retry)
    })
  }
}

const perform = (
  call: Call
): Effect.Effect<unknown, PermissionsError.PermissionsError, CheckpointPermissions.CheckpointPermissions> => {
  switch (call.call) {
    case "list":
      return CheckpointPermissions.list(call.checkpoint, untyped(call.params))
    case "stream": {
      const all = CheckpointPermissions.stream(call.checkpoint, untyped(call.params))
      return (call.take === undefined ? all : Stream.take(all, call.take)).pipe(
        Stream.map(({ project_id }) => project_id),
        Stream.runCollect
      )
    }
    case "create":
      return CheckpointPermissions.create(call.checkpoint, call.projects)
    case "delete":
      return CheckpointPermissions.delete(call.checkpoint, call.permission)
    case "grant":
      return Access.grant(untyped(call.checkpoint), untyped(call.projects))
    case "revoke":
      return Access.revoke(untyped(call.checkpoint), untyped(call.projects))
    case "streams":
      return Effect.forEach(Array.from({ length: call.count }), () =>
        Effect.match(Stream.runCollect(CheckpointPermissions.stream(call.checkpoint)), {
          onFailure: ({ _tag }): unknown => _tag,
          onSuccess: ({ length }) => length
        })
      )
    case "lists":
      return Effect.forEach(
        Array.from({ length: call.count }),
        () => Effect.map(CheckpointPermissions.list(call.checkpoint), ({ data }) => data.length),
        { concurrency: call.concurrency }
      )
  }
}

/** Runs it on a clock of its own, which does not wait. */
export const observe = (one: Case): Effect.Effect<Observed> => {
  const { client, server } = layersOf(one)
  return Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const from = yield* Clock.currentTimeMillis
    const result = yield* Effect.result(Effect.provide(perform(one.call), client))
    const took = (yield* Clock.currentTimeMillis) - from
    return {
      outcome: Result.match(result, {
        onFailure: (error) => ({ fail: PermissionsError.toFailure(error) }),
        onSuccess: (ok) => ({ ok })
      }),
      requests: yield* fake.requests,
      access: Object.fromEntries(
        Object.entries(yield* fake.allPermissions).map(([checkpoint, permissions]) => [
          checkpoint,
          permissions.map(({ project_id }) => project_id)
        ])
      ),
      took
    }
  }).pipe(Effect.provide(server), VirtualClock.run)
}
