/** How long requests of a service would take. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Perform } from "../perform.ts"
import type { Service } from "../service.ts"

/** The estimate of a service, from its paces and the requests that it makes. */
export const make =
  ({ paces, traffic }: Perform<"list" | "create" | "delete">): Service["estimate"] =>
  (requests) =>
    Effect.gen(function* () {
      const operations = yield* Effect.forEach(["list", "create", "delete"] as const, (operation) => {
        const count = requests[operation] ?? 0
        return Effect.map(paces[operation].estimate(count), (pace) => ({ requests: count, pace }))
      })
      const { millis, unrefused, ...rest } = estimates.overall(operations, traffic.each())
      const duration = Duration.millis(millis)
      return unrefused === undefined
        ? { ...rest, duration }
        : { ...rest, duration, unrefused: Duration.millis(unrefused) }
    })
