import type { ServerBehavior } from "../../behavior.ts"
import { errorReply, type Outcome, type Reply } from "../../http.ts"
import { type ApiError, errors } from "../errors.ts"

export const replied = (reply: Reply): Outcome => ({ _tag: "Replied", reply })

export const dropped = (code: string, before: boolean): Outcome => ({ _tag: "Dropped", code, before })

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: { _tag: "Text", text: JSON.stringify(value) }
})

export const html = (status: number, title: string): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=UTF-8" },
  body: {
    _tag: "Text",
    text: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>\n`
  }
})

export const isReply = (value: object): value is Reply => "status" in value

export const wholeText = (reply: Reply): string => (reply.body._tag === "Text" ? reply.body.text : "")

/** Adds the headers of every reply. Keeps existing headers. */
export const stamped = (reply: Reply, requestId: string, now: number, took: number): Reply => ({
  ...reply,
  headers: {
    "x-request-id": requestId,
    "openai-processing-ms": String(Math.round(took)),
    date: new Date(now).toUTCString(),
    ...reply.headers
  }
})

export const refused = ({ message, status, ...rest }: ApiError): Reply => errorReply(status, message, rest)

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`)

/** Thrown to refuse a request. `execute` returns its reply. */
export class Refusal {
  readonly reply: Reply

  constructor(error: ApiError) {
    this.reply = refused(error)
  }
}

const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : article(typeof value)

export const invalidType = (param: string, expected: string, actual: unknown): Refusal =>
  new Refusal(errors.invalid_type(param, expected, typeName(actual)))

/** Returns the refusal to grant or revoke a project if it owns the checkpoint. */
export const ownerRefusal = (owner: string | undefined, projectId: string): Reply | undefined =>
  owner === projectId ? refused(errors["none/owner-project"](projectId)) : undefined

export const gone = ({ deleteGone }: ServerBehavior, deletion: (deleted: boolean) => Reply, notFound: Reply): Reply =>
  deleteGone === "not-found" ? notFound : deletion(deleteGone === "deleted-true")
