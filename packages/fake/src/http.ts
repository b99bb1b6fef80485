/**
 * Requests and replies as the server sees them, whatever carries them.
 *
 * @since 0.1.0
 */

/**
 * A request, read whole.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerRequest {
  readonly method: string
  /** As the client wrote it. */
  readonly url: string
  /** Percent-encoded, dot segments resolved. */
  readonly path: string
  /** Decoded, in order. */
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * How the bytes of a body are sent.
 *
 * - `Text`: whole
 * - `Cut`: the first `bytes` bytes of `text`, then the connection breaks
 * - `Endless`: `text`, then `chunk` every `everyMillis` milliseconds, for ever; nothing more if `chunk` is empty
 * - `Repeated`: `chunk`, `times` times
 * - `FalseGzip`: plain text whose headers say gzip
 *
 * @category models
 * @since 0.1.0
 */
export type Body =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Cut"; readonly text: string; readonly bytes: number }
  | { readonly _tag: "Endless"; readonly text: string; readonly chunk: string; readonly everyMillis: number }
  | { readonly _tag: "Repeated"; readonly chunk: string; readonly times: number }
  | { readonly _tag: "FalseGzip"; readonly text: string }

/**
 * @category models
 * @since 0.1.0
 */
export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

/**
 * What a client gets: a reply, or a connection that breaks with a code such as
 * `ECONNRESET`; `before` if the request was not executed.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | { readonly _tag: "Replied"; readonly reply: Reply }
  | { readonly _tag: "Dropped"; readonly code: string; readonly before: boolean }

/**
 * A reply with OpenAI's error envelope.
 *
 * @category constructors
 * @since 0.1.0
 */
export const errorReply = (
  status: number,
  message: string,
  options: {
    readonly type?: string
    readonly param?: string
    readonly code?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {}
): Reply => ({
  status,
  headers: { "content-type": "application/json", ...options.headers },
  body: {
    _tag: "Text",
    text: JSON.stringify({
      error: {
        message,
        type: options.type ?? "invalid_request_error",
        param: options.param ?? null,
        code: options.code ?? null
      }
    })
  }
})
