import type { CheckpointPermissions } from "@checkpoint-permissions/client"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { checkpoint, permissions } from "./support/setup.ts"
import { onWire, pageOf, type Seen } from "./support/wire.ts"

const path = "/fine_tuning/checkpoints/ft%3Agpt-4o-mini-2024-07-18%3Aorg%3Aweather%3AB7R9VjQd/permissions"

/** The request of one call. Parameters and paths are tested in the contract and in `protocol/test`. */
const sentBy = (
  call: (service: CheckpointPermissions.Service) => Effect.Effect<unknown, unknown>,
  options: Partial<CheckpointPermissions.Options> = {}
): Effect.Effect<Seen, unknown> => {
  const { layer, requests } = onWire(() => ({ body: pageOf([]) }), options)
  return Effect.gen(function* () {
    yield* Effect.either(call(yield* permissions))
    assert.lengthOf(requests, 1)
    return yield* Effect.fromNullable(requests[0])
  }).pipe(Effect.provide(layer))
}
const list = (service: CheckpointPermissions.Service) => service.list(checkpoint, { limit: 1 })

describe("a request", () => {
  scoped("takes a query that a transformation adds, as Azure wants", function* () {
    const apiUrl = "https://my-resource.openai.azure.com/openai/v1"
    const version = HttpClientRequest.appendUrlParam("api-version", "preview")
    const { url } = yield* sentBy(list, { apiUrl, transformClient: HttpClient.mapRequest(version) })
    assert.strictEqual(url.href, `${apiUrl}${path}?limit=1&api-version=preview`)
  })
})
