import type { Permission } from "@checkpoint-permissions/core/Permission"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Service } from "../FakePermissions.ts"
import type { Fault } from "../Faults.ts"
import { change } from "../ServerBehavior.ts"
import { seed } from "./seed.ts"
import type { Server } from "./server.ts"
import * as State from "./state.ts"

/** The controls of a server, whatever transport is in front of it. */
export const controls = (server: Server): Service => {
  const { recorder, state } = server
  const permissions = (checkpoint: string): Effect.Effect<ReadonlyArray<Permission>> =>
    Effect.sync(() => State.permissionsOf(state, checkpoint))
  return {
    seed: (given) => Effect.map(Clock.currentTimeMillis, (now) => seed(state, given, now)),
    permissions,
    projects: (checkpoint) =>
      Effect.map(permissions(checkpoint), (all) => all.map((permission) => permission.project_id)),
    allPermissions: Effect.sync(() => Object.fromEntries(state.checkpoints)),
    remove: (checkpoint, permissionId) => Effect.sync(() => State.remove(state, checkpoint, permissionId)),
    requests: Effect.sync(() => recorder.all()),
    clearRequests: Effect.sync(() => recorder.clear()),
    awaitRequests: (count) =>
      Effect.async((resume) => {
        const stop = recorder.onCount(count, () => resume(Effect.void))
        return Effect.sync(stop)
      }),
    inject: (faults, options = {}) =>
      Effect.sync(() => {
        const list: ReadonlyArray<Fault> = "_tag" in faults ? [faults] : faults
        server.inject(list.map((fault) => ({ ...options, fault })))
      }),
    setFaults: (plan) => Effect.sync(() => server.setFaults(plan)),
    behavior: Effect.sync(() => server.behavior()),
    setBehavior: (settings) =>
      Effect.map(Clock.currentTimeMillis, (now) => server.setBehavior(change(server.behavior(), settings), now))
  }
}
