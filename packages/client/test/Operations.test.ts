import type { CheckpointPermissions } from "@checkpoint-permissions/client"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkpoint, key, permission, permissions, project } from "./support/setup.ts"
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
  const id = permission("cp_1")
  it.effect.each([
    [
      "list with parameters",
      `GET ${path}?after=cp_1&limit=1`,
      (service) => service.list(checkpoint, { after: id, limit: 1 }),
      ""
    ],
    [
      "create",
      `POST ${path}`,
      (service) => service.create(checkpoint, [project("a"), project("b")]),
      '{"project_ids":["proj_a","proj_b"]}'
    ]
  ] as ReadonlyArray<readonly [string, string, Parameters<typeof sentBy>[0], string]>)(
    "of %s is %s, with the key and what it accepts",
    ([, line, call, body]) =>
      Effect.gen(function* () {
        const { headers, method, url, ...request } = yield* sentBy(call)
        assert.strictEqual(`${method} ${url.href}`, line.replace(" ", " https://api.openai.com/v1"))
        assert.strictEqual(request.body, body)
        assert.deepStrictEqual<object>(headers, {
          accept: "application/json",
          authorization: `Bearer ${key}`,
          ...(body === "" ? {} : { "content-type": "application/json" })
        })
      })
  )

  it.effect("sends the key in the configured header, to the base URL", () =>
    Effect.gen(function* () {
      const base = "https://gateway.example/a%2Fb/v1"
      const { headers, url } = yield* sentBy(list, { authHeader: "X-Gateway-Token", apiUrl: `${base}/` })
      const ofKey = Object.entries(headers).filter(([, text]) => text.includes(key))
      assert.deepStrictEqual(ofKey, [["x-gateway-token", key]])
      assert.strictEqual(url.href, `${base}${path}?limit=1`)
    })
  )

  it.effect("takes a query that a transformation adds, as Azure wants", () =>
    Effect.gen(function* () {
      const apiUrl = "https://my-resource.openai.azure.com/openai/v1"
      const version = HttpClientRequest.appendUrlParam("api-version", "preview")
      const { url } = yield* sentBy(list, { apiUrl, transformClient: HttpClient.mapRequest(version) })
      assert.strictEqual(url.href, `${apiUrl}${path}?limit=1&api-version=preview`)
    })
  )
})
