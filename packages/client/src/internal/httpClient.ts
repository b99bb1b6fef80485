import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import * as httpSpan from "./httpSpan.ts"
import * as keyless from "./keyless.ts"
import type { Settings } from "./options.ts"
import * as Scrub from "./scrub.ts"
import { within } from "./surroundings.ts"

/** A redirect is no reply to go by, and nobody further out gets to follow it. */
const isRedirect = (status: number): boolean => status >= 300 && status < 400

/** `fetch` follows redirects unless it is told not to; other transports ignore this. */
const withoutRedirects = (context: Context.Context<never>): Context.Context<never> =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
    redirect: "manual"
  })

/**
 * The key goes on as the last thing before the transport, and only towards the
 * API. Nobody further out sees it: not a transformation, not a redirect that it
 * would follow, not the tracer; and what comes back has forgotten it.
 */
const withKey = (client: HttpClient.HttpClient, settings: Settings): HttpClient.HttpClient => {
  const { origin } = new URL(settings.baseUrl)
  const isForApi = (url: string): boolean =>
    url.startsWith(`${origin}/`) || Option.contains(Option.liftThrowable(() => new URL(url).origin)(), origin)
  const authorize = (request: HttpClientRequest.HttpClientRequest) =>
    isForApi(request.url)
      ? HttpClientRequest.setHeader(
          request,
          settings.authHeader,
          settings.authScheme + Redacted.value(settings.adminKey)
        )
      : request
  const scrub = Scrub.make(settings.adminKey)
  /** Where the application's client writes headers down, never the one with the key, whatever else it hides. */
  const hides = ["authorization", settings.authHeader]
  const execute = httpSpan.traced(hides, (ready, span) =>
    within(
      Effect.mapBoth(client.execute(authorize(ready)), {
        onFailure: (failed) => keyless.failure(ready, failed, scrub),
        onSuccess: (reply) => keyless.reply(ready, reply, scrub)
      }),
      ({ context, hidden, isUntraced }) => ({
        context: withoutRedirects(span === undefined ? context : Context.add(context, Tracer.ParentSpan, span)),
        hidden: [...hidden, ...hides],
        // the span is there already
        isUntraced: span === undefined ? isUntraced : () => true
      })
    )
  )
  return HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) => Effect.flatMap(request, execute),
    Effect.succeed
  ).pipe(HttpClient.filterStatus((status) => !isRedirect(status)))
}

/** The application's client, made to talk to the API. */
export const make = (
  client: HttpClient.HttpClient,
  settings: Settings,
  transform: (client: HttpClient.HttpClient) => HttpClient.HttpClient
): HttpClient.HttpClient =>
  withKey(client, settings).pipe(
    transform,
    HttpClient.mapRequestInput((request) =>
      request.pipe(
        HttpClientRequest.prependUrl(settings.baseUrl),
        HttpClientRequest.acceptJson,
        HttpClientRequest.setHeaders(settings.headers)
      )
    )
  )
