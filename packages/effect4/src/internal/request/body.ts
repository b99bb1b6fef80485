import { maxBodySize } from "@checkpoint-permissions/protocol/failure"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"

/** A body, or its beginning. */
export interface Body {
  readonly text: string
  /** True if `text` is the whole body. */
  readonly complete: boolean
}

const readStream = ({ stream }: HttpClientResponse.HttpClientResponse, largest: number) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return stream.pipe(
      Stream.takeUntil((bytes) => {
        size += bytes.length
        const part = size > largest ? bytes.subarray(0, bytes.length - (size - largest)) : bytes
        text += decoder.decode(part, { stream: true })
        return size > largest
      }),
      Stream.runDrain,
      Effect.map(() => ({ text: text + decoder.decode(), complete: size <= largest }))
    )
  })

/**
 * Reads a body within a bound that depends on the status, and receives nothing beyond it. `isShared` is true if a
 * transformation may have read the body before: its text can be read again, its stream cannot.
 */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  isShared: boolean
): Effect.Effect<Body, HttpClientError.HttpClientError> => {
  const largest = response.status < 300 ? maxBodySize.success : maxBodySize.error
  const { "content-encoding": encoding, "content-length": length = "" } = response.headers
  const isShort = encoding === undefined && /^\d+$/.test(length) && Number(length) <= largest
  const body =
    isShared || isShort
      ? Effect.map(response.text, (text) => ({ text, complete: text.length <= largest }))
      : readStream(response, largest)
  return Effect.catch(body, (error) =>
    error.reason._tag === "EmptyBodyError" ? Effect.succeed({ text: "", complete: true }) : Effect.fail(error)
  )
}
