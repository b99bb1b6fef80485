import { Access, type AccessPlan, type AccessPolicy } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"

export const key = "sk-admin-T3st+K3y"

export const checkpoint = (name: string) => Identifiers.CheckpointId.make(name)
export const project = (name: string) => Identifiers.ProjectId.make(name)
export const projects = (...names: ReadonlyArray<string>) => names.map(project)

/** Names of `count` checkpoints. */
export const checkpoints = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) => `ft:gpt-4o-mini-2024-07-18:org:c:${String(i).padStart(5, "0")}`)

/** A policy that gives the same projects each checkpoint. */
export const policyOf = (
  names: ReadonlyArray<string>,
  ...wanted: ReadonlyArray<string>
): AccessPolicy.AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(names.map((name) => [name, { projects: wanted.map(project) }]))
})

/** Lets so many requests of a service go, and the others once it is opened. */
export const gateAfter = (requests: number) => {
  const latch = Effect.unsafeMakeLatch(false)
  let sent = 0
  const transformClient = HttpClient.tapRequest(() => (++sent > requests ? latch.await : Effect.void))
  return { open: latch.open, service: { transformClient } }
}

/** A service on a fake of its own, in real time. */
export const fake = (
  options: FakePermissions.Options = {},
  service: Pick<CheckpointPermissions.Options, "transformClient"> = {}
) =>
  CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, ...service }).pipe(
    Layer.provideMerge(FakePermissions.layer(options)),
    Layer.merge(NodeContext.layer)
  )

/** The projects that each checkpoint's permissions belong to, one for each permission, in the order of their names. */
export const granted = (names: ReadonlyArray<string>) =>
  Effect.flatMap(FakePermissions.FakePermissions, (server) =>
    Effect.forEach(names, (name) => Effect.map(server.projects(name), (all) => [...all].sort()))
  )

export const planOf = (
  policy: AccessPolicy.AccessPolicy
): Effect.Effect<AccessPlan.AccessPlan, never, CheckpointPermissions.CheckpointPermissions> =>
  Effect.orDie(Access.plan(policy))
