import { inMillis } from "@checkpoint-permissions/fake/behavior"
import type { Host } from "@checkpoint-permissions/fake/host"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { toMillis } from "./millis.ts"
import type { Service } from "./service.ts"

/** The controls of a server, whatever transport is in front of it. `now` is the server's time. */
export const controls = (host: Host, now: Effect.Effect<number>): Service => {
  const atNow = (change: (now: number) => void) => Effect.map(now, change)
  return {
    seed: (seed) => atNow((now) => host.seed(seed, now)),
    seedOrganization: (organization) => Effect.sync(() => host.seedOrganization(organization)),
    permissions: (checkpoint) => Effect.sync(() => host.permissions(checkpoint)),
    projects: (checkpoint) => Effect.sync(() => host.permissions(checkpoint).map(({ project_id }) => project_id)),
    allPermissions: Effect.sync(() => Object.fromEntries(host.allPermissions())),
    remove: (checkpoint, permissionId, by) => atNow((now) => host.remove(checkpoint, permissionId, now, by)),
    grant: (checkpoint, projectId, by) =>
      atNow((now) => {
        host.grant(checkpoint, projectId, now, by)
      }),
    requests: Effect.sync(() =>
      host.requests().map(({ key, ...request }) => {
        const value = key()
        return { ...request, key: value === undefined ? undefined : Redacted.make(value) }
      })
    ),
    clearRequests: Effect.sync(host.clearRequests),
    awaitRequests: (count) =>
      Effect.async((resume) => {
        const check = () => {
          if (host.requestCount() >= count) resume(Effect.void)
        }
        const stop = host.onRequest(check)
        check()
        return Effect.sync(stop)
      }),
    inject: (faults, options) =>
      Effect.sync(() => host.inject(("_tag" in faults ? [faults] : faults).map((fault) => ({ ...options, fault })))),
    setFaults: (plan) => Effect.sync(() => host.setFaults(plan)),
    behavior: Effect.sync(host.behavior),
    setBehavior: (settings) => atNow((now) => host.setBehavior(inMillis(settings, toMillis), now))
  }
}
