import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { RecordedRequest as FakeRecord } from "@checkpoint-permissions/fake/http"
import type { Permission as FakePermission } from "@checkpoint-permissions/fake/seed"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Fault } from "../Faults.ts"
import type { Behaving } from "./server.ts"
import type { RecordedRequest, Service } from "./service.ts"

/** The server keeps whatever string a client sent; a schema is the client's business. */
const trusted = { disableValidation: true } as const

export const branded = (permission: FakePermission): Permission => ({
  ...permission,
  id: Identifiers.PermissionId.make(permission.id, trusted),
  project_id: Identifiers.ProjectId.make(permission.project_id, trusted)
})

export const redacted = ({ key, ...record }: FakeRecord): RecordedRequest => {
  const value = key()
  return { ...record, key: value === undefined ? undefined : Redacted.make(value) }
}

/** The controls of a server, whatever transport is in front of it. */
export const controls = (server: Behaving): Service => {
  const { host } = server
  const atNow = (change: (now: number) => void) => Effect.map(server.now, change)
  return {
    seed: (seed) => atNow((now) => host.seed(seed, now)),
    seedOrganization: (organization) => Effect.sync(() => host.seedOrganization(organization)),
    permissions: (checkpoint) => Effect.sync(() => host.permissions(checkpoint).map(branded)),
    projects: (checkpoint) => Effect.sync(() => host.permissions(checkpoint).map(({ project_id }) => project_id)),
    allPermissions: Effect.sync(() =>
      Object.fromEntries(Array.from(host.allPermissions(), ([id, permissions]) => [id, permissions.map(branded)]))
    ),
    remove: (checkpoint, permissionId) => atNow((now) => host.remove(checkpoint, permissionId, now)),
    requests: Effect.sync(() => host.requests().map(redacted)),
    clearRequests: Effect.sync(() => host.clearRequests()),
    awaitRequests: (count) =>
      Effect.async((resume) => {
        const check = () => {
          if (host.requestCount() >= count) resume(Effect.void)
        }
        const stop = host.onRequest(check)
        check()
        return Effect.sync(stop)
      }).pipe(Effect.asVoid),
    inject: (faults, options = {}) =>
      Effect.sync(() => {
        const list: ReadonlyArray<Fault> = "_tag" in faults ? [faults] : faults
        host.inject(list.map((fault) => ({ ...options, fault })))
      }),
    setFaults: (plan) => Effect.sync(() => host.setFaults(plan)),
    behavior: Effect.sync(() => server.behavior()),
    setBehavior: (settings) => atNow((now) => server.setBehavior(settings, now))
  }
}
