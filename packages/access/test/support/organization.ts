/** Tests of an organization at a fixed time: its services on a fake, without retries. */
import { CheckpointPermissions, Organization, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { it } from "@effect/vitest"
import { Effect, Layer, Redacted, TestClock } from "effect"
import type { YieldWrap } from "effect/Utils"
import { Access } from "../../src/index.ts"

/** 2026-11-03T02:00:00Z, in milliseconds. */
export const night = Date.UTC(2026, 10, 3, 2)

/** A day, in seconds. */
export const day = 24 * 60 * 60

export const layer = (options: FakePermissions.Options = {}, pageSize = 100) => {
  const admin = {
    adminKey: Redacted.make("sk-admin-test"),
    pacing: Pacing.none,
    retry: RetryPolicy.none,
    prefetch: false
  }
  const access = Layer.provide(Access.layer, CheckpointPermissions.layer(admin))
  return Layer.merge(access, Organization.layer({ ...admin, pageSize })).pipe(
    Layer.provideMerge(FakePermissions.layer({ ...options, behavior: { dashboardEvents: 1, ...options.behavior } }))
  )
}

type Services = Layer.Layer.Success<ReturnType<typeof layer>>

export const test = (
  what: string,
  services: ReturnType<typeof layer>,
  body: () => Generator<YieldWrap<Effect.Effect<unknown, unknown, Services>>, unknown, never>
): void => it.effect(what, () => Effect.provide(Effect.zipRight(TestClock.setTime(night), Effect.gen(body)), services))
