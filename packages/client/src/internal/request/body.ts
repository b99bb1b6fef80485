import { maxBodySize } from "@checkpoint-permissions/protocol/failure"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** A body, or its beginning. */
export interface Body {
  readonly text: string
  /** True if `text` is the whole body. */
  readonly complete: boolean
}

const isEmpty = (error: HttpClientError.ResponseError): boolean => error.reason === "EmptyBody"

const readText = (
  response: HttpClientResponse.HttpClientResponse,
  largest: number
): Effect.Effect<Body, HttpClientError.ResponseError> =>
  Effect.matchEffect(response.text, {
    onFailure: (error) => (isEmpty(error) ? Effect.succeed({ text: "", complete: true }) : Effect.fail(error)),
    onSuccess: (text) => Effect.succeed({ text, complete: text.length <= largest })
  })

const readStream = (
  response: HttpClientResponse.HttpClientResponse,
  largest: number
): Effect.Effect<Body, HttpClientError.ResponseError> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    let broken: HttpClientError.ResponseError | undefined
    return response.stream.pipe(
      // the stream runs in a fiber of its own, whose failure Effect would log with the request and its key
      Stream.catchAll((error) => {
        if (!isEmpty(error)) broken = error
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
      Effect.flatMap(() =>
        broken === undefined
          ? Effect.succeed({ text: text + decoder.decode(), complete: size <= largest })
          : Effect.fail(broken)
      )
    )
  })

/**
 * Reads a body within a bound that depends on the status, and receives nothing beyond it. `isShared` is true if a
 * transformation may have read the body before: its text can be read again, its stream cannot.
 */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  isShared: boolean
): Effect.Effect<Body, HttpClientError.ResponseError> => {
  const largest = response.status < 300 ? maxBodySize.success : maxBodySize.error
  const { "content-encoding": encoding, "content-length": length = "" } = response.headers
  const isShort = encoding === undefined && /^\d+$/.test(length) && Number(length) <= largest
  return isShared || isShort ? readText(response, largest) : readStream(response, largest)
}
