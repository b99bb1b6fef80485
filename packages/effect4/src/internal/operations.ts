/** The operations of the service, over the application's `HttpClient`. */
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import { isPermissionId, isProjectId } from "../Identifiers.ts"
import type { PermissionPage } from "../Permission.ts"
import type { Ended } from "./callOptions.ts"
import * as limiter from "./limiter.ts"
import * as lists from "./lists.ts"
import type { Settings } from "./options.ts"
import * as performing from "./perform.ts"
import type { Service } from "./service.ts"

const table = operations.make({ isPermissionId, isProjectId })

export const make = (client: HttpClient.HttpClient, settings: Settings): Service => {
  const performed = performing.make(client, settings, "CheckpointPermissions", table)
  const { httpClient, limiters, performList, performWrite, redact, traffic } = performed
  const whole = lists.make<"list">(performed, settings)

  const called = <O extends keyof typeof table>(operation: O, checkpoint: string) => ({
    operation,
    outcomeOf: <A>(ended: Ended<A>) => ({ operation, checkpoint: redact(checkpoint), ...ended })
  })
  const pagesOf =
    <A>(itemsOf: (page: PermissionPage) => ReadonlyArray<A>) =>
    (checkpoint: string, params?: ListParams | undefined) => {
      const prepare = (ask: ListParams | undefined) => table.list({ checkpoint, params: ask })
      return whole({ ...called("list", checkpoint), params, prepare, itemsOf })
    }
  const list: Service["list"] = (checkpoint, params) =>
    performList({ ...called("list", checkpoint), prepare: () => table.list({ checkpoint, params }) })

  return {
    list,
    retrieve: list,
    pages: pagesOf((page) => [page]),
    stream: pagesOf((page) => page.data),
    create: (checkpoint, projectIds) =>
      performWrite({ ...called("create", checkpoint), prepare: () => table.create({ checkpoint, projectIds }) }),
    delete: (checkpoint, permission) =>
      performWrite({ ...called("delete", checkpoint), prepare: () => table.delete({ checkpoint, permission }) }),
    server: settings.server,
    httpClient,
    estimate: (requests) =>
      Effect.gen(function* () {
        const all = yield* Effect.forEach(["list", "create", "delete"] as const, (operation) => {
          const count = requests[operation] ?? 0
          return Effect.map(limiter.estimate(limiters[operation], count), ({ duration, isPaused, ...rest }) => ({
            requests: count,
            limiter: { ...rest, millis: Duration.toMillis(duration), isPaused }
          }))
        })
        const { millis, unrefused, ...rest } = estimates.overall(all, traffic.each())
        const duration = Duration.millis(millis)
        return unrefused === undefined
          ? { ...rest, duration }
          : { ...rest, duration, unrefused: Duration.millis(unrefused) }
      })
  }
}
