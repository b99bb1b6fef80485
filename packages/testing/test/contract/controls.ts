import type { FakeFetch } from "@checkpoint-permissions/fake"
import type { FakePermissions } from "@checkpoint-permissions/testing"
import { Effect } from "effect"
import { branded, redacted } from "../../src/internal/controls.ts"
import { toFake } from "../../src/internal/settings.ts"
import { change, defaults } from "../../src/ServerBehavior.ts"

/** The controls of a fake in plain TypeScript as those that the suite is written for. */
export const asService = (
  fake: Pick<FakeFetch, keyof FakeFetch>,
  options: FakePermissions.Options = {}
): FakePermissions.Service => {
  let behavior = change(defaults, options.behavior ?? {})
  return {
    seed: (seed) => Effect.sync(() => fake.seed(seed)),
    seedOrganization: (organization) => Effect.sync(() => fake.seedOrganization(organization)),
    permissions: (checkpoint) => Effect.sync(() => fake.permissions(checkpoint).map(branded)),
    projects: (checkpoint) => Effect.sync(() => fake.projects(checkpoint)),
    allPermissions: Effect.sync(() =>
      Object.fromEntries(Object.entries(fake.allPermissions()).map(([id, all]) => [id, all.map(branded)]))
    ),
    remove: (checkpoint, permissionId) => Effect.sync(() => fake.remove(checkpoint, permissionId)),
    requests: Effect.sync(() => fake.requests().map(redacted)),
    clearRequests: Effect.sync(() => fake.clearRequests()),
    awaitRequests: (count) => Effect.promise(() => fake.awaitRequests(count)),
    inject: (faults, matching) => Effect.sync(() => fake.inject(faults, matching)),
    setFaults: (plan) => Effect.sync(() => fake.setFaults(plan)),
    behavior: Effect.sync(() => behavior),
    setBehavior: (settings) =>
      Effect.sync(() => {
        fake.setBehavior(toFake(settings))
        behavior = change(behavior, settings)
      })
  }
}

/** What a fake in plain TypeScript begins with. */
export const plainOptions = ({ behavior = {}, ...options }: FakePermissions.Options = {}) => ({
  ...options,
  behavior: toFake(behavior)
})
