/** Requests to the server as they are, without the client's rules. */
import * as ClientOptions from "@checkpoint-permissions/protocol/options"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/**
 * A client for paths below the base URL, which adds the key; a defect with options that the service refuses. It makes
 * no span. Its errors hold the request, and so the key: they are not to be shown.
 */
export const connected = (
  options: object,
  key: Redacted.Redacted
): Effect.Effect<HttpClient.HttpClient, never, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (client) => {
    const checked = ClientOptions.check(options)
    if ("reason" in checked) return Effect.dieMessage(`${checked.field}: ${checked.reason}`)
    const { authHeader, authScheme, headers, server } = checked.ok
    const keyed = client.pipe(
      HttpClient.mapRequest((request) =>
        request.pipe(
          HttpClientRequest.prependUrl(server.apiUrl),
          HttpClientRequest.setHeaders({ ...headers, [authHeader]: authScheme + Redacted.value(key) })
        )
      ),
      HttpClient.withTracerDisabledWhen(() => true),
      HttpClient.transformResponse(
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, "authorization", authHeader])
      )
    )
    return Effect.succeed(keyed)
  })
