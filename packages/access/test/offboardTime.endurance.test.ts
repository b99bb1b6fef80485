/** The time of an offboarding, on a virtual clock. */
import { Pacing } from "@checkpoint-permissions/client"
import type { ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { isEndurance } from "../../../tools/endurance.ts"
import { grantEvent, leaver, names, offboarding } from "./support/offboarding.ts"
import { inWorld, many } from "./support/world.ts"

const held = (id: string) => ({ id, project_id: leaver, created_at: 1000 })

describe("the figures of an offboarding: 60 permissions at 300 checkpoints, a log of 1,000 events", () => {
  const all = names(300)
  const keep = many(200)
  const seed = Object.fromEntries(all.map((name, i) => [name, [...keep, ...(i % 5 === 0 ? [held(`cp_${i}`)] : [])]]))
  const log = Array.from({ length: 1000 }, (_, i) => {
    const place = all[i % 300] ?? "ft:a"
    return i % 5 === 0 && i < 300
      ? grantEvent(`cp_${i}`, place, 1000 + i * 3)
      : grantEvent(`cp_o${i}`, place, 1000 + i * 3, "proj_keep")
  })
  const rate = (scope: "endpoint" | "list-delete" | "shared", requests: number): ServerBehavior.Settings => ({
    rate: { requests, per: "1 minute", scope, countRefused: true, headers: "none" },
    latency: "100 millis"
  })
  const quotas = [
    ["endpoint", 10, 20, 6.5, 38],
    ["list-delete", 10, 20, 6.5, 39],
    ["shared", 10, 60, 7.5, 42]
  ] as const
  it.effect.each(isEndurance ? quotas : quotas.slice(0, 1))(
    "with 201 projects and the quota for %s, of %d a minute: first delete within %d s, last within %d min, verdict within %d min",
    (row) => {
      const [scope, requests, first, deleted, most] = row
      return inWorld(
        Effect.gen(function* () {
          let confirmed = Number.POSITIVE_INFINITY
          const begin = yield* Clock.currentTimeMillis
          const confirm = () =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              confirmed = now - begin
            })
          const { endings, steps } = yield* offboarding({ confirm }, Pacing.adaptive)
          const revoked = steps.filter(({ _tag }) => _tag === "Revoked").map(({ at }) => at / 60_000)
          const verdict = (steps.at(-1)?.at ?? 0) / 60_000
          assert.deepStrictEqual(endings, [{ _tag: "Removed" }])
          assert.lengthOf(revoked, 60)
          assert.isAtMost(Math.min(...revoked) * 60 - confirmed / 1000, first)
          assert.isAtMost(Math.max(...revoked), deleted)
          assert.isAtMost(verdict, most)
        }),
        { seed, organization: { events: log }, behavior: rate(scope, requests), client: { pacing: Pacing.adaptive } }
      )
    }
  )
})
