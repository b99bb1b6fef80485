/** The application's client, which adds the key to requests to the API and to no others. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import type { Settings } from "./options.ts"

type Request = HttpClientRequest.HttpClientRequest

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

  /** Prevents redirects, and redacts the header of the key. Transports other than `fetch` never follow redirects. */
  const guard = <R>(context: Context.Context<R>): Context.Context<R> =>
    context.pipe(
      Context.add(FetchHttpClient.RequestInit, {
        ...Context.getOrUndefined(context, FetchHttpClient.RequestInit),
        redirect: "manual"
      }),
      Context.add(Headers.CurrentRedactedNames, [
        ...Context.get(context, Headers.CurrentRedactedNames),
        "authorization",
        authHeader
      ])
    )

  /** Prefixes a path with the base URL. An absolute URL stays as it is. */
  const located = (request: Request): Request => {
    const absolute = /^https?:\/\//i.test(request.url)
      ? request
      : HttpClientRequest.updateUrl(request, (path) => `${server.apiUrl}/${path.replace(/^\//, "")}`)
    return isForApi(absolute) ? HttpClientRequest.setHeaders(absolute, { ...headers, ...absolute.headers }) : absolute
  }
  const httpClient: HttpClient.HttpClient = HttpClient.makeWith(
    (request: Effect.Effect<Request>) =>
      Effect.flatMap(request, (ready) => Effect.updateContext(send(ready), guard<never>)),
    (request) => Effect.succeed(located(request))
  )

  return {
    /** Sends a request of an operation, in the context of {@link guardOperation}. */
    execute:
      transformClient === undefined
        ? send
        : // a transformation that follows redirects finds none
          transformClient(
            HttpClient.filterStatus(
              HttpClient.makeWith(Effect.flatMap(send), Effect.succeed<Request>),
              (status) => status < 300 || status >= 400
            )
          ).execute,

    /** Prepares a request of an operation. It gets no span of the platform, since the attempt has its own span. */
    guardOperation: <R>(context: Context.Context<R>): Context.Context<R> =>
      Context.add(guard(context), HttpClient.TracerDisabledWhen, isForApi),
    httpClient
  }
}

export type ApiClient = ReturnType<typeof make>
