/** Requests and replies as the request logic sees them, whatever carries them. */

export interface ServerRequest {
  readonly method: string
  /** As the client wrote it. */
  readonly url: string
  /** Percent-encoded, dot segments resolved. */
  readonly path: string
  readonly query: ReadonlyArray<readonly [string, string]>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How the bytes of a body go out. */
export type Body =
  /** Whole. */
  | { readonly _tag: "Text"; readonly text: string }
  /** The first `bytes` bytes of a longer body, then the connection breaks. */
  | { readonly _tag: "Cut"; readonly text: string; readonly bytes: number }
  /** `text`, then `chunk` again each `everyMillis`, for ever; with an empty `chunk`, nothing more. */
  | { readonly _tag: "Endless"; readonly text: string; readonly chunk: string; readonly everyMillis: number }
  /** `chunk` so many times. */
  | { readonly _tag: "Repeated"; readonly chunk: string; readonly times: number }
  /** Announced as gzip, and is not. */
  | { readonly _tag: "FalseGzip"; readonly text: string }

export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

export type Outcome =
  | { readonly _tag: "Replied"; readonly reply: Reply }
  /** The connection breaks with a code such as node's; `before` when it never came about. */
  | { readonly _tag: "Dropped"; readonly code: string; readonly before: boolean }

const text = (text: string): Body => ({ _tag: "Text", text })

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: text(JSON.stringify(value))
})

export const html = (status: number, title: string): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=UTF-8" },
  body: text(
    `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>\n`
  )
})

export const withHeaders = (reply: Reply, headers: Readonly<Record<string, string>>): Reply => ({
  ...reply,
  headers: { ...headers, ...reply.headers }
})

/** The text of a body that is still whole. */
export const wholeText = (reply: Reply): string => (reply.body._tag === "Text" ? reply.body.text : "")
