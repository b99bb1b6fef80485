import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as FiberRefs from "effect/FiberRefs"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { type AnyFiber, apart, type Surroundings, surroundings } from "./apart.ts"
import type { Scrub } from "./failures.ts"
import * as keyless from "./keyless.ts"
import * as keylessTracer from "./keylessTracer.ts"
import type { Settings } from "./options.ts"
import * as scrubbing from "./scrub.ts"

/** A client that talks to the API, for fibers in the right surroundings. */
export interface ApiClient {
  readonly client: HttpClient.HttpClient
  /** The request that all are made of: the base URL and the headers, but for the key. */
  readonly request: HttpClientRequest.HttpClientRequest
  /** Those of an attempt, in the span of its operation. */
  readonly surroundings: (caller: AnyFiber, span: Tracer.Span) => Surroundings
  readonly scrub: Scrub
}

/** A redirect is no reply to go by, and nobody further out gets to follow it. */
const isRedirect = (status: number): boolean => status >= 300 && status < 400

/** Keeps its spans to itself. */
const builtInTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

const within = (caller: AnyFiber, span: Tracer.Span): Surroundings => {
  const { context, fiberRefs } = surroundings(caller)
  return { context: Context.add(context, Tracer.ParentSpan, span), fiberRefs }
}

/** What a transport has to find in its fiber, so that the key goes to the API and nowhere else. */
const keyed = (settings: Settings, scrub: Scrub) => {
  /** Where the application's client writes headers down, never the one with the key, whatever else it hides. */
  const hides = ["authorization", settings.authHeader]
  return (caller: AnyFiber, { context, fiberRefs } = surroundings(caller)): Surroundings => {
    const id = caller.id()
    const tracer = caller.currentTracer
    const hidden = caller.getFiberRef(Headers.currentRedactedNames)
    return {
      // `fetch` follows redirects unless it is told not to; other transports ignore this.
      context: Context.add(context, FetchHttpClient.RequestInit, {
        ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
        redirect: "manual"
      }),
      fiberRefs: FiberRefs.updateManyAs(fiberRefs, {
        entries: [
          [Headers.currentRedactedNames, [[id, [...hidden, ...hides]]]],
          tracer === builtInTracer
            ? [HttpClient.currentTracerDisabledWhen, [[id, constTrue]]]
            : [
                DefaultServices.currentServices,
                [[id, Context.add(caller.currentDefaultServices, Tracer.Tracer, keylessTracer.make(tracer, scrub))]]
              ]
        ]
      })
    }
  }
}

/** The key goes on as the last thing before the transport, and only towards the API. */
const authorized = (client: HttpClient.HttpClient, settings: Settings) => {
  const { origin } = new URL(settings.baseUrl)
  const isForApi = (url: string): boolean =>
    url.startsWith(`${origin}/`) || Option.contains(Option.liftThrowable(() => new URL(url).origin)(), origin)
  return HttpClient.mapRequest(client, (request) =>
    isForApi(request.url)
      ? HttpClientRequest.setHeader(
          request,
          settings.authHeader,
          settings.authScheme + Redacted.value(settings.adminKey)
        )
      : request
  )
}

/**
 * The application's client, made to talk to the API.
 *
 * Nobody further out sees the key: not a transformation, not a redirect that it
 * would follow, not the tracer; and what comes back has forgotten it.
 */
export const make = (
  client: HttpClient.HttpClient,
  settings: Settings,
  transform: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
): ApiClient => {
  const scrub = scrubbing.make(settings.adminKey)
  const inner = authorized(client, settings)
  const forKey = keyed(settings, scrub)
  const request = HttpClientRequest.get(settings.baseUrl).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(settings.headers)
  )
  if (transform === undefined)
    return { client: inner, request, surroundings: (caller, span) => forKey(caller, within(caller, span)), scrub }
  const guarded = HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) =>
      Effect.flatMap(request, (ready) =>
        Effect.mapBoth(
          apart(inner.execute(ready), (caller) => forKey(caller)),
          {
            onFailure: (failed) => keyless.failure(ready, failed, scrub),
            onSuccess: (reply) => keyless.reply(ready, reply, scrub)
          }
        )
      ),
    Effect.succeed
  )
  return {
    client: guarded.pipe(
      HttpClient.filterStatus((status) => !isRedirect(status)),
      transform
    ),
    request,
    surroundings: within,
    scrub
  }
}
