/** The application's client, which adds the key to requests to the API and to no others. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Settings } from "./options.ts"

type Request = HttpClientRequest.HttpClientRequest

const isRedirect = (status: number): boolean => status >= 300 && status < 400

/** Adds the option that stops `fetch` from following redirects. Other transports follow none by default. */
export const addNoRedirect = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
    redirect: "manual"
  })

/** Adds a header to the names of headers that Effect prints as `<redacted>`. */
const redactHeader =
  (name: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    FiberRef.getWith(Headers.currentRedactedNames, (names) =>
      names.includes(name) ? self : Effect.locally(self, Headers.currentRedactedNames, [...names, name])
    )

export const make = (client: HttpClient.HttpClient, settings: Settings) => {
  const { adminKey, authHeader, authScheme, headers, server, transformClient } = settings
  const { origin } = new URL(server.apiUrl)
  const isForApi = ({ url }: Request): boolean =>
    url.startsWith(`${origin}/`) || (URL.canParse(url) && new URL(url).origin === origin)
  const authorize = (request: Request): Request =>
    isForApi(request)
      ? HttpClientRequest.setHeader(request, authHeader, authScheme + Redacted.value(adminKey))
      : request
  const send = (request: Request) => client.execute(authorize(request))
  const redacted = redactHeader(authHeader)

  /** Sends a request of an operation. The span of the attempt replaces that of the platform. */
  const execute =
    transformClient === undefined
      ? send
      : // a transformation that follows redirects finds none
        transformClient(
          HttpClient.filterStatus(
            HttpClient.makeWith(Effect.flatMap(send), Effect.succeed<Request>),
            (status) => !isRedirect(status)
          )
        ).execute

  /** Prefixes a path with the base URL. An absolute URL stays as it is. */
  const located = (request: Request): Request => {
    const absolute = /^https?:\/\//i.test(request.url)
      ? request
      : HttpClientRequest.updateUrl(request, (path) => `${server.apiUrl}/${path.replace(/^\//, "")}`)
    return isForApi(absolute) ? HttpClientRequest.setHeaders(absolute, { ...headers, ...absolute.headers }) : absolute
  }
  const httpClient: HttpClient.HttpClient = HttpClient.makeWith(
    (request: Effect.Effect<Request>) =>
      Effect.flatMap(request, (ready) => redacted(Effect.mapInputContext(send(ready), addNoRedirect))),
    (request) => Effect.succeed(located(request))
  )

  return {
    execute: (request: Request) =>
      redacted(Effect.locally(execute(request), HttpClient.currentTracerDisabledWhen, isForApi)),
    httpClient
  }
}

export type ApiClient = ReturnType<typeof make>
