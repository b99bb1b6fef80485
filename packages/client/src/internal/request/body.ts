import { maxBodySize } from "@checkpoint-permissions/protocol/failure"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { clearStream, clearText } from "../secrecy/redactedResponse.ts"

/** A body, or as much of it as is read. */
export interface Body {
  readonly text: string
  /** Whether that is all of it. */
  readonly complete: boolean
}

/** The body broke off. */
export class UnreadableBody extends Data.TaggedError("UnreadableBody")<{ readonly cause: unknown }> {}

/** What the transport says went wrong. */
export const causeOf = (error: HttpClientError.HttpClientError): unknown =>
  error.cause ?? error.description ?? error.reason

const unreadable = (error: HttpClientError.ResponseError): UnreadableBody =>
  new UnreadableBody({ cause: causeOf(error) })

const isEmpty = (error: HttpClientError.ResponseError): boolean => error.reason === "EmptyBody"

const readStream = (
  response: HttpClientResponse.HttpClientResponse,
  largest: number
): Effect.Effect<Body, UnreadableBody> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return clearStream(response).pipe(
      Stream.catchAll((error) => (isEmpty(error) ? Stream.empty : Stream.fail(unreadable(error)))),
      Stream.runForEachWhile((bytes) =>
        Effect.sync(() => {
          size += bytes.length
          const part = size > largest ? bytes.subarray(0, bytes.length - (size - largest)) : bytes
          text += decoder.decode(part, { stream: true })
          return size <= largest
        })
      ),
      Effect.map(() => ({ text: text + decoder.decode(), complete: size <= largest })),
      // A transformation may have read the body in a way that leaves nothing to read.
      Effect.catchAllDefect((cause) => new UnreadableBody({ cause }))
    )
  })

/** Reads the body as text, within a bound that depends on the status. What is beyond it is not received. */
export const read = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Body, UnreadableBody> => {
  const largest = response.status < 300 ? maxBodySize.success : maxBodySize.error
  const { "content-encoding": encoding, "content-length": length = "" } = response.headers
  return encoding === undefined && /^\d+$/.test(length) && Number(length) <= largest
    ? Effect.matchEffect(clearText(response), {
        onFailure: (error) =>
          isEmpty(error) ? Effect.succeed({ text: "", complete: true }) : Effect.fail(unreadable(error)),
        onSuccess: (text) => Effect.succeed({ text, complete: true })
      })
    : readStream(response, largest)
}
