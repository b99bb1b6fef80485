/** How long requests of a service would take. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Service } from "../service.ts"
import type { Pace } from "./pace.ts"

/** The estimate of a service with these paces, whose requests `traffic` watches. */
export const make =
  (paces: Readonly<Record<"list" | "create" | "delete", Pace>>, traffic: estimates.Traffic): Service["estimate"] =>
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
