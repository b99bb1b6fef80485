import type { Outcome, Reply } from "../../http.ts"

export const replied = (reply: Reply): Outcome => ({ _tag: "Replied", reply })

export const dropped = (code: string, before: boolean): Outcome => ({ _tag: "Dropped", code, before })

export const jsonHeaders = { "content-type": "application/json" }

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { ...jsonHeaders, ...headers },
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

/** The text of a body that is sent whole. */
export const wholeText = (reply: Reply): string => (reply.body._tag === "Text" ? reply.body.text : "")

/** Adds what is on every reply; a header that the reply has already stays. */
export const stamped = (reply: Reply, requestId: string, now: number, took: number): Reply => ({
  ...reply,
  headers: {
    "x-request-id": requestId,
    "openai-processing-ms": String(Math.round(took)),
    date: new Date(now).toUTCString(),
    ...reply.headers
  }
})
