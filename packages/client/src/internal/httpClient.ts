import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as httpSpan from "./httpSpan.ts"
import * as keyless from "./keyless.ts"
import type { Settings } from "./options.ts"
import * as Scrub from "./scrub.ts"

/** A redirect is no reply to go by, and nobody further out gets to follow it. */
const isRedirect = (status: number): boolean => status >= 300 && status < 400

/**
 * The key goes on as the last thing before the transport, and only towards the
 * API. Nobody further out sees it: not a transformation, not a redirect that it
 * would follow, not the tracer; and what comes back has forgotten it.
 */
const withKey = (client: HttpClient.HttpClient, settings: Settings): HttpClient.HttpClient => {
  const { origin } = new URL(settings.baseUrl)
  const authorize = (request: HttpClientRequest.HttpClientRequest) =>
    Option.match(Option.liftThrowable(() => new URL(request.url).origin)(), {
      onNone: () => request,
      onSome: (to) =>
        to === origin
          ? HttpClientRequest.setHeader(
              request,
              settings.authHeader,
              settings.authScheme + Redacted.value(settings.adminKey)
            )
          : request
    })
  const scrub = Scrub.make(settings.adminKey)
  const execute = httpSpan.traced((ready) =>
    Effect.mapBoth(client.execute(authorize(ready)), {
      onFailure: (failed) => keyless.failure(ready, failed, scrub),
      onSuccess: (reply) => keyless.reply(ready, reply, scrub)
    })
  )
  return HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) => Effect.flatMap(request, execute),
    Effect.succeed
  ).pipe(HttpClient.filterStatus((status) => !isRedirect(status)))
}

/** Where the application's client writes headers down, never the one with the key, whatever else it hides. */
const redactingKey = (settings: Settings) =>
  Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, "authorization", settings.authHeader])

/** `fetch` follows redirects unless it is told not to; other transports ignore this. */
const withoutRedirects = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.serviceOption(FetchHttpClient.RequestInit), (init) =>
    Effect.provideService(effect, FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(init),
      redirect: "manual"
    })
  )

/** The application's client, made to talk to the API. */
export const make = (
  client: HttpClient.HttpClient,
  settings: Settings,
  transform: (client: HttpClient.HttpClient) => HttpClient.HttpClient
): HttpClient.HttpClient =>
  withKey(client, settings).pipe(
    HttpClient.transformResponse(withoutRedirects),
    HttpClient.transformResponse(redactingKey(settings)),
    transform,
    HttpClient.mapRequestInput((request) =>
      request.pipe(
        HttpClientRequest.prependUrl(settings.baseUrl),
        HttpClientRequest.acceptJson,
        HttpClientRequest.setHeaders(settings.headers)
      )
    )
  )
