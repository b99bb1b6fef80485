import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** What is known of an error body; nothing when it is HTML, empty or not the envelope. */
export interface Envelope {
  readonly message: string | undefined
  readonly type: string | undefined
  readonly param: string | undefined
  readonly code: string | undefined
}

const parseJson = Option.liftThrowable((body: string): unknown => JSON.parse(body))

/** Codes are seen as numbers too. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined

/** Reads `{"error":{message,type,param,code}}` and `{"error":"…"}`, whatever the status. */
export const parse = (body: string): Envelope => {
  const envelope = Option.getOrUndefined(parseJson(body))
  const error = Predicate.hasProperty(envelope, "error") ? envelope.error : undefined
  const of = (name: string) => (Predicate.hasProperty(error, name) ? text(error[name]) : undefined)
  return {
    message: typeof error === "string" ? error : of("message"),
    type: of("type"),
    param: of("param"),
    code: of("code")
  }
}
