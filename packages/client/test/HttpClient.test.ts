import { CheckpointPermissions, Organization, Pacing, ProjectModels } from "@checkpoint-permissions/client"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { key, permissions } from "./support/setup.ts"
import { tracing } from "./support/tracing.ts"
import { type Answer, wire } from "./support/wire.ts"

const adminKey = Redacted.make(key)
const projectKey = "sk-proj-any"

/** The services over a server that answers all requests alike, and the requests that it received. */
const services = (answer: Answer, options: Partial<CheckpointPermissions.Options> = {}) => {
  const { layer, requests } = wire(() => answer)
  const layers = Layer.mergeAll(
    CheckpointPermissions.layer({ adminKey, ...options }),
    Organization.layer({ adminKey, ...options }),
    ProjectModels.layer({ ...options, apiKey: Redacted.make(projectKey), projectId: "proj_a" })
  )
  return { layer: Layer.provide(layers, layer), requests }
}

describe("the client for other routes", () => {
  it.effect("is the application's with base URL, key and headers of the organization, in each service", () => {
    const { layer, requests } = services({ body: {} }, { organizationId: "org-1" })
    return Effect.gen(function* () {
      const clients = [
        (yield* permissions).httpClient,
        (yield* Organization.Organization).httpClient,
        (yield* ProjectModels.ProjectModels).httpClient
      ]
      for (const client of clients) {
        yield* client.get("/files", { urlParams: { purpose: "fine-tune" } })
        yield* client.get("files")
        yield* client.get("https://api.openai.com/v1/files", { headers: { "openai-organization": "org-2" } })
      }
      const own = "https://api.openai.com/v1/files"
      assert.deepStrictEqual(
        requests.map(({ headers, url }) => [url.href, headers["authorization"], headers["openai-organization"]]),
        [key, key, projectKey].flatMap((one) => [
          [`${own}?purpose=fine-tune`, `Bearer ${one}`, "org-1"],
          [own, `Bearer ${one}`, "org-1"],
          [own, `Bearer ${one}`, "org-2"]
        ])
      )
      assert.strictEqual(requests.at(-1)?.headers["openai-project"], "proj_a")
    }).pipe(Effect.provide(layer))
  })

  it.effect("has no rate limit, retry or error of ours", () => {
    const pacing = Pacing.fixed({ requests: 1, per: "1 hour" })
    const { layer, requests } = services({ status: 500, body: { error: { message: "no" } } }, { pacing })
    return Effect.gen(function* () {
      const { httpClient } = yield* permissions
      for (let n = 1; n <= 3; n++) {
        const response = yield* httpClient.get("/files")
        assert.strictEqual(response.status, 500)
        assert.deepStrictEqual(yield* response.json, { error: { message: "no" } })
        assert.lengthOf(requests, n)
      }
    }).pipe(Effect.provide(layer))
  })

  scoped("prints no key, in spans, logs and requests that a combinator sees", function* () {
    const seen: Array<string> = []
    const logger = Logger.make((entry) => void seen.push(Logger.logfmtLogger.log(entry)))
    const { layer: traced, spans } = tracing()
    const { layer } = services({ body: {} }, { authHeader: "api-key" })
    yield* Effect.gen(function* () {
      const client = (yield* permissions).httpClient.pipe(
        HttpClient.tapRequest((request) => Effect.log({ ...request.headers })),
        HttpClient.transformResponse(Effect.timeout("1 second"))
      )
      yield* client.execute(HttpClientRequest.get("/files"))
    }).pipe(
      Effect.provide(layer),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Effect.provide(Logger.minimumLogLevel(LogLevel.All)),
      Effect.provide(traced)
    )
    const [span] = spans
    assert.lengthOf(spans, 1)
    assert.strictEqual(String(span?.attributes.get("http.request.header.api-key")), "<redacted>")
    assert.lengthOf(seen, 1)
    for (const text of [...seen, JSON.stringify(spans.map(({ attributes }) => [...attributes]))]) {
      assert.notInclude(text, key)
    }
  })
})
