/** One attempt of a call: a request, and its reply read to the end within the timeout. */

import * as failure from "@checkpoint-permissions/protocol/failure"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { Result } from "@checkpoint-permissions/protocol/retrying"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { type ApiClient, addNoRedirect } from "./apiClient.ts"
import type { Attempt } from "./call.ts"
import type { Settings } from "./options.ts"
import { attemptTimeout } from "./timeouts.ts"

interface Body {
  readonly text: string
  /** True if `text` is the whole body. */
  readonly complete: boolean
}

const readStream = ({ stream }: HttpClientResponse.HttpClientResponse, largest: number) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    let broken: HttpClientError.ResponseError | undefined
    return stream.pipe(
      // the stream runs in a separate fiber, whose failure Effect would log with the request and its key
      Stream.catchAll((error) => {
        broken = error
        return Stream.empty
      }),
      Stream.runForEachWhile((bytes) =>
        Effect.sync(() => {
          size += bytes.length
          const part = size > largest ? bytes.subarray(0, bytes.length - (size - largest)) : bytes
          text += decoder.decode(part, { stream: true })
          return size <= largest
        })
      ),
      Effect.flatMap(() => broken ?? Effect.succeed({ text: text + decoder.decode(), complete: size <= largest }))
    )
  })

/**
 * Reads a body up to a maximum that depends on the status. `isShared` is true if a transformation may have read the
 * body. Then its text can be read again, but not its stream.
 */
const read = (response: HttpClientResponse.HttpClientResponse, isShared: boolean) => {
  const largest = response.status < 300 ? failure.maxBodySize.success : failure.maxBodySize.error
  const { "content-encoding": encoding, "content-length": length = "" } = response.headers
  const isShort = encoding === undefined && /^\d+$/.test(length) && Number(length) <= largest
  return isShared || isShort
    ? Effect.map(response.text, (text) => ({ text, complete: text.length <= largest }))
    : readStream(response, largest)
}

/** Adds the trace headers, with which a server continues the trace, unless tracing is off. */
const addTrace = (
  request: HttpClientRequest.HttpClientRequest,
  span: Tracer.Span
): Effect.Effect<HttpClientRequest.HttpClientRequest> =>
  FiberRef.getWith(FiberRef.currentTracerEnabled, (isEnabled) =>
    Effect.succeed(isEnabled ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request)
  )

export const make = (execute: ApiClient["execute"], settings: Settings, redact: failure.Redact) => {
  const server = settings.server.apiUrl
  const apiUrl = new URL(server)
  const base = HttpClientRequest.get(server).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(settings.headers)
  )

  const requestOf = ({ body, method, path, query = {} }: operations.Request): HttpClientRequest.HttpClientRequest =>
    HttpClientRequest.modify(base, {
      method,
      url: `${server}${path}`,
      urlParams: { ...query },
      // raw, since a body with a known length adds a header that `fetch` could refuse
      body: body && HttpBody.raw(JSON.stringify(body), { contentType: "application/json" })
    })

  /** Fails with the defect of the application's client. Removes the key, which the defect may contain. */
  const died = (cause: Cause.Cause<never>): Effect.Effect<never> => {
    const text = Cause.pretty(cause, { renderErrorCause: true })
    const redacted = redact(text)
    return redacted === text ? Effect.failCause(cause) : Effect.die(new Error(redacted))
  }

  /** Returns the attempts of a call. `operationSpan` is the span of the operation. */
  return <A>(call: operations.Call<A>, operationSpan: Tracer.Span) => {
    const { checkpoint, operation, template } = call
    const request = requestOf(call.request)
    return ({
      mayHaveExecuted,
      now,
      number,
      onReply,
      timeLimit
    }: Attempt): Effect.Effect<A, failure.RequestFailure> => {
      const attributes = operations.attemptAttributes({ method: request.method, template, number }, apiUrl)
      const sent = { operation, checkpoint, server, mayHaveExecuted, read: call.read }
      operationSpan.attribute("attempt", number)
      return Effect.useSpan(
        `${request.method} ${template}`,
        { kind: "client", captureStackTrace: false, attributes, parent: operationSpan },
        (span) => {
          let head: failure.Head | undefined
          const lost = (error: HttpClientError.HttpClientError): Result<A> => ({
            failure: failure.ofTransport(sent, error.cause ?? error.description ?? error.reason, redact, head)
          })
          const readReply = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Result<A>> => {
            const received = { status: response.status, headers: response.headers, now: now() }
            const requestId = failure.requestIdOf(response.headers, redact)
            head = received
            span.attribute("http.response.status_code", response.status)
            operationSpan.attribute("status", response.status)
            operationSpan.attribute("request_id", requestId)
            onReply(received, requestId)
            const onBody = ({ complete, text }: Body): Result<A> => {
              const result = failure.ofReply(sent, { ...received, body: text, complete }, redact)
              return "ok" in result ? { reply: result.ok } : { failure: result }
            }
            return Effect.match(read(response, settings.transformClient !== undefined), {
              onFailure: (error) => (error.reason === "EmptyBody" ? onBody({ text: "", complete: true }) : lost(error)),
              onSuccess: onBody
            })
          }
          const executed = settings.tracePropagation
            ? Effect.flatMap(addTrace(request, span), execute)
            : execute(request)
          const inSpan = executed.pipe(
            Effect.matchEffect({
              // a transformation may have refused the status: its reply is read nevertheless
              onFailure: (error) =>
                error._tag === "ResponseError" && error.reason === "StatusCode"
                  ? readReply(error.response)
                  : Effect.succeed(lost(error)),
              onSuccess: readReply
            }),
            Effect.catchAllCause(died),
            Effect.mapInputContext((context: Context.Context<never>) =>
              Context.add(addNoRedirect(context), Tracer.ParentSpan, span)
            )
          )
          const timed = attemptTimeout(inSpan, Duration.millis(timeLimit), () => ({
            failure: failure.ofTimeout(sent, timeLimit, redact, head)
          }))
          return Effect.flatMap(timed, (result) => {
            if ("reply" in result) return Effect.succeed(result.reply)
            span.attribute("error.type", result.failure.kind)
            return Effect.fail(result.failure)
          })
        }
      )
    }
  }
}
