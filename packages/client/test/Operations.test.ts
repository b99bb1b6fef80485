import type { CheckpointPermissions } from "@checkpoint-permissions/client"
import { Permission } from "@checkpoint-permissions/core"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { checkpoint, key, onFake, permission, permissions, project, seeded, server } from "./support/setup.ts"
import { onWire, pageOf, type Seen } from "./support/wire.ts"

const path = "/fine_tuning/checkpoints/ft%3Agpt-4o-mini-2024-07-18%3Aorg%3Aweather%3AB7R9VjQd/permissions"

/** What one call sends. Which parameters and paths there are stands in the contract and in `protocol/test`. */
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
    ["list", `GET ${path}`, (service) => service.list(checkpoint), ""],
    [
      "list with parameters",
      `GET ${path}?after=cp_1&limit=1`,
      (service) => service.list(checkpoint, { after: id, limit: 1 }),
      ""
    ],
    ["retrieve", `GET ${path}?order=ascending`, (service) => service.retrieve(checkpoint, { order: "ascending" }), ""],
    [
      "create",
      `POST ${path}`,
      (service) => service.create(checkpoint, [project("a"), project("b")]),
      '{"project_ids":["proj_a","proj_b"]}'
    ],
    ["delete", `DELETE ${path}/cp_1`, (service) => service.delete(checkpoint, id), ""]
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

  it.effect("names organization and project when they are set", () =>
    Effect.gen(function* () {
      const { headers } = yield* sentBy(list, { organizationId: "org-1", projectId: "proj_1" })
      assert.deepInclude(headers, { "openai-organization": "org-1", "openai-project": "proj_1" })
    })
  )

  it.effect.each([
    ["api-key", "api-key", key],
    ["X-Gateway-Token", "x-gateway-token", key],
    ["Authorization", "authorization", key],
    ["Bearer", "authorization", `Bearer ${key}`]
  ])("carries the key as the header %s says", ([authHeader, name, value]) =>
    Effect.gen(function* () {
      const { headers } = yield* sentBy(list, { authHeader })
      const ofKey = Object.entries(headers).filter(([, text]) => text.includes(key))
      assert.deepStrictEqual(ofKey, [[name, value]])
    })
  )

  it.effect.each([
    ["https://api.openai.com/v1///", "https://api.openai.com/v1"],
    ["HTTPS://Example.COM:8443", "https://example.com:8443"],
    ["https://gateway.example/a%2Fb/v1", "https://gateway.example/a%2Fb/v1"],
    ["http://[::1]:8080/v1/", "http://[::1]:8080/v1"]
  ])("to %s goes there", ([apiUrl, base]) =>
    Effect.map(sentBy(list, { apiUrl }), ({ url }) => assert.strictEqual(url.href, `${base}${path}?limit=1`))
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

describe("a reply", () => {
  it.effect("is a page with branded ids, whose times can be read", () =>
    Effect.gen(function* () {
      const [first] = (yield* (yield* permissions).list(checkpoint)).data
      assert.isDefined(first)
      assert.strictEqual(DateTime.formatIso(Permission.createdAt(first)), "1970-01-01T00:00:00.000Z")
      assert.deepStrictEqual(yield* (yield* permissions).delete(checkpoint, first.id), {
        id: first.id,
        object: "checkpoint.permission",
        deleted: true
      })
      const made = yield* (yield* permissions).create(checkpoint, [project("b")])
      assert.deepStrictEqual(made.data, yield* (yield* server).permissions(checkpoint))
    }).pipe(Effect.provide(onFake({ fake: seeded(1) })))
  )
})
