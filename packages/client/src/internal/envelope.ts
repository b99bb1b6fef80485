import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

const Detail = Schema.Struct({
  message: Schema.optional(Schema.Unknown),
  type: Schema.optional(Schema.Unknown),
  param: Schema.optional(Schema.Unknown),
  code: Schema.optional(Schema.Unknown)
})

const decode = Schema.decodeUnknownEither(
  Schema.parseJson(Schema.Struct({ error: Schema.Union(Schema.String, Detail) }))
)

/** What is known of an error body; nothing when it is HTML, empty or not the envelope. */
export interface Envelope {
  readonly message: string | undefined
  readonly type: string | undefined
  readonly param: string | undefined
  readonly code: string | undefined
}

const empty: Envelope = { message: undefined, type: undefined, param: undefined, code: undefined }

/** Codes are seen as numbers too. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined

/** Reads `{"error":{message,type,param,code}}` and `{"error":"…"}`, whatever the status. */
export const parse = (body: string): Envelope =>
  Either.match(decode(body), {
    onLeft: () => empty,
    onRight: ({ error }) =>
      typeof error === "string"
        ? { ...empty, message: error }
        : {
            message: text(error.message),
            type: text(error.type),
            param: text(error.param),
            code: text(error.code)
          }
  })
