import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as connection from "./connection.ts"

/** A page of thousands of permissions is well below this. */
export const largestReply = 32 * 1024 * 1024

/** An error's envelope is in its first bytes; of a longer page the rest is not read. */
export const largestError = 64 * 1024

export interface Body {
  readonly text: string
  /** Whether that is all of it. */
  readonly whole: boolean
}

const isEmpty = (error: HttpClientError.ResponseError): boolean => error.reason === "EmptyBody"

const fromStream = (
  response: HttpClientResponse.HttpClientResponse,
  largest: number
): Effect.Effect<Body, connection.ConnectionFailure> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return response.stream.pipe(
      // here, since a stream that fails is logged with its error, which holds the key
      Stream.catchAll((error) => (isEmpty(error) ? Stream.empty : Stream.fail(connection.ofError(error)))),
      Stream.runForEachWhile((bytes) =>
        Effect.sync(() => {
          size += bytes.length
          text += decoder.decode(size > largest ? bytes.subarray(0, bytes.length - (size - largest)) : bytes, {
            stream: true
          })
          return size <= largest
        })
      ),
      Effect.map(() => ({ text: text + decoder.decode(), whole: size <= largest })),
      // Who changed the client may have read the body already, in a way that leaves nothing to read.
      Effect.catchAllDefect((cause) => Effect.fail(connection.classify(cause)))
    )
  })

/** The body as text, no more than `largest` bytes of it. The rest, if any, is not received. */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  headers: HttpClientResponse.HttpClientResponse["headers"],
  largest: number
): Effect.Effect<Body, connection.ConnectionFailure> => {
  const announced = headers["content-encoding"] === undefined ? Number(headers["content-length"]) : Number.NaN
  return announced >= 0 && announced <= largest
    ? Effect.matchEffect(response.text, {
        onFailure: (error) =>
          isEmpty(error) ? Effect.succeed({ text: "", whole: true }) : Effect.fail(connection.ofError(error)),
        onSuccess: (text) => Effect.succeed({ text, whole: true })
      })
    : fromStream(response, largest)
}

/** The media type, for a message about a body that is not JSON. */
export const mediaType = (contentType: string | undefined): string =>
  contentType?.split(";")[0]?.trim() ?? "no content type"
