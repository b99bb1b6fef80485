import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** A page of thousands of permissions is well below this. */
export const largestReply = 32 * 1024 * 1024

/** An error's envelope is in its first bytes; of a longer page the rest is not read. */
export const largestError = 64 * 1024

const withoutBody = <A>(effect: Effect.Effect<A, HttpClientError.ResponseError>, empty: A) =>
  Effect.catchIf(
    effect,
    (error) => error.reason === "EmptyBody",
    () => Effect.succeed(empty)
  )

const fromStream = (response: HttpClientResponse.HttpClientResponse, largest: number) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return response.stream.pipe(
      Stream.runForEachWhile((bytes) =>
        Effect.sync(() => {
          size += bytes.length
          text += decoder.decode(size > largest ? bytes.subarray(0, bytes.length - (size - largest)) : bytes, {
            stream: true
          })
          return size <= largest
        })
      ),
      (read) => withoutBody(read, undefined),
      Effect.map(() => ({ text: text + decoder.decode(), whole: size <= largest }))
    )
  })

/** Who changed the client may have read the body already, in a way that leaves nothing to read. */
const onceOnly =
  (response: HttpClientResponse.HttpClientResponse) =>
  <A>(read: Effect.Effect<A, HttpClientError.ResponseError>): Effect.Effect<A, HttpClientError.ResponseError> =>
    Effect.catchAllDefect(read, (cause) =>
      Effect.fail(new HttpClientError.ResponseError({ request: response.request, response, reason: "Decode", cause }))
    )

/** The body as text, no more than `largest` bytes of it. The rest, if any, is not received. */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  headers: HttpClientResponse.HttpClientResponse["headers"],
  largest: number
): Effect.Effect<{ readonly text: string; readonly whole: boolean }, HttpClientError.ResponseError> => {
  const announced = headers["content-encoding"] === undefined ? Number(headers["content-length"]) : Number.NaN
  return announced >= 0 && announced <= largest
    ? withoutBody(
        Effect.map(response.text, (text) => ({ text, whole: true })),
        { text: "", whole: true }
      )
    : onceOnly(response)(fromStream(response, largest))
}

/** The media type, for a message about a body that is not JSON. */
export const mediaType = (contentType: string | undefined): string =>
  contentType?.split(";")[0]?.trim() ?? "no content type"
