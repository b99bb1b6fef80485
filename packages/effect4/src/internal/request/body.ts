import { maxBodySize } from "@checkpoint-permissions/protocol/failure"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { clearStream, clearText } from "../secrecy/redactedResponse.ts"

/** A body, or as much of it as is read. */
export interface Body {
  readonly text: string
  readonly complete: boolean
}

/** The body broke off. */
export class UnreadableBody extends Data.TaggedError("UnreadableBody")<{ readonly cause: unknown }> {}

/** What the transport says went wrong. */
export const causeOf = ({ reason }: HttpClientError.HttpClientError): unknown =>
  reason.cause ?? reason.description ?? reason._tag

const empty: Body = { text: "", complete: true }

/** A body that is empty is one too. */
const orEmpty = (error: HttpClientError.HttpClientError): Effect.Effect<Body, UnreadableBody> =>
  error.reason._tag === "EmptyBodyError"
    ? Effect.succeed(empty)
    : Effect.fail(new UnreadableBody({ cause: causeOf(error) }))

const readStream = (
  response: HttpClientResponse.HttpClientResponse,
  largest: number
): Effect.Effect<Body, UnreadableBody> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return clearStream(response).pipe(
      Stream.takeUntil((bytes) => {
        size += bytes.length
        const part = size > largest ? bytes.subarray(0, bytes.length - (size - largest)) : bytes
        text += decoder.decode(part, { stream: true })
        return size > largest
      }),
      Stream.runDrain,
      Effect.map(() => ({ text: text + decoder.decode(), complete: size <= largest })),
      Effect.catch(orEmpty),
      // A transformation may have read the body in a way that leaves nothing to read.
      Effect.catchDefect((cause) => Effect.fail(new UnreadableBody({ cause })))
    )
  })

/** Reads the body as text, within a bound that depends on the status. What is beyond it is not received. */
export const read = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Body, UnreadableBody> => {
  const largest = response.status < 300 ? maxBodySize.success : maxBodySize.error
  const { "content-encoding": encoding, "content-length": length = "" } = response.headers
  return encoding === undefined && /^\d+$/.test(length) && Number(length) <= largest
    ? Effect.matchEffect(clearText(response), {
        onFailure: orEmpty,
        onSuccess: (text) => Effect.succeed({ text, complete: true })
      })
    : readStream(response, largest)
}
