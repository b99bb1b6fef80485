import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import { errorReply as failure } from "../../http.ts"

export { errorReply as failure } from "../../http.ts"

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`)

/** Thrown by what refuses a request, which ends it: `execute` answers with the reply. */
export class Refusal {
  readonly reply: Reply

  constructor(...of: Parameters<typeof failure>) {
    this.reply = failure(...of)
  }
}

/** The JSON type of a value, for messages. */
const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : article(typeof value)

export const unknownParameter = (param: string): Refusal =>
  new Refusal(400, `Unknown parameter: '${param}'.`, { param, code: "unknown_parameter" })

export const missingParameter = (param: string): Refusal =>
  new Refusal(400, `Missing required parameter: '${param}'.`, { param, code: "missing_required_parameter" })

/** `actual` says what was given in its place. */
export const wrongType = (param: string, expected: string, actual: string): Refusal =>
  new Refusal(400, `Invalid type for '${param}': expected ${expected}, but got ${actual} instead.`, {
    param,
    code: "invalid_type"
  })

export const invalidType = (param: string, expected: string, actual: unknown): Refusal =>
  wrongType(param, expected, typeName(actual))

export const invalidValue = (param: string, reason: string, code = "invalid_value"): Refusal =>
  new Refusal(400, `Invalid '${param}': ${reason}`, { param, code })

/** The refusal to grant or revoke the project that owns the checkpoint. */
export const ownerRefusal = (owner: string | undefined, projectId: string): Reply | undefined =>
  owner === projectId
    ? failure(400, `Cannot modify checkpoint permissions for the owning project: ${projectId}`)
    : undefined

/** The reply to the delete of what is not there. */
export const gone = ({ deleteGone }: ServerBehavior, deletion: (deleted: boolean) => Reply, notFound: Reply): Reply =>
  deleteGone === "not-found" ? notFound : deletion(deleteGone === "deleted-true")
