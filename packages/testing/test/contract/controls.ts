import type { FakeFetch } from "@checkpoint-permissions/fake"
import { inMillis } from "@checkpoint-permissions/fake/behavior"
import type { FakePermissions } from "@checkpoint-permissions/testing"
import { Effect, Redacted } from "effect"
import { toMillis } from "../../src/internal/millis.ts"

/** The controls of a fake in plain TypeScript as those that the suite is written for. */
export const asService = (fake: Pick<FakeFetch, keyof FakeFetch>): FakePermissions.Service => ({
  seed: (seed) => Effect.sync(() => fake.seed(seed)),
  seedOrganization: (organization) => Effect.sync(() => fake.seedOrganization(organization)),
  permissions: (checkpoint) => Effect.sync(() => fake.permissions(checkpoint)),
  projects: (checkpoint) => Effect.sync(() => fake.projects(checkpoint)),
  allPermissions: Effect.sync(() => fake.allPermissions()),
  remove: (checkpoint, permissionId, by) => Effect.sync(() => fake.remove(checkpoint, permissionId, by)),
  grant: (checkpoint, projectId, by) => Effect.sync(() => fake.grant(checkpoint, projectId, by)),
  requests: Effect.sync(() =>
    fake.requests().map(({ key, ...request }) => {
      const value = key()
      return { ...request, key: value === undefined ? undefined : Redacted.make(value) }
    })
  ),
  clearRequests: Effect.sync(() => fake.clearRequests()),
  awaitRequests: (count) => Effect.promise(() => fake.awaitRequests(count)),
  inject: (faults, matching) => Effect.sync(() => fake.inject(faults, matching)),
  setFaults: (plan) => Effect.sync(() => fake.setFaults(plan)),
  behavior: Effect.sync(() => fake.behavior()),
  setBehavior: (settings) => Effect.sync(() => fake.setBehavior(inMillis(settings, toMillis)))
})

/** What a fake in plain TypeScript begins with. */
export const plainOptions = ({ behavior = {}, ...options }: FakePermissions.Options = {}) => ({
  ...options,
  behavior: inMillis(behavior, toMillis)
})
