import { assert } from "vitest"
import { type Call, type Failure, ofReply, type Reply } from "../../src/failure.ts"
import type { Read } from "../../src/wire.ts"

export const key = "sk-fake-T5vNq8Zx2Lw4Kd7Rm1Yb9Hc3Jf6Pg0Sa"

export const redact = (text: string): string => text.replaceAll(key, "<redacted>")

export const server = "https://api.example.com/v1"

export const operations = ["list", "create", "delete"] as const

export const call = (
  operation: Call["operation"] = "list",
  mayHaveExecuted = false
): Call & { readonly read: (json: unknown) => Read<unknown> } => ({
  operation,
  checkpoint: "ft:a",
  server,
  mayHaveExecuted,
  read: (json) => (json === "bad" ? { fault: 'body: expected an object, actual "bad"' } : { ok: json })
})

export const reply = (status: number, body: string, headers: Reply["headers"] = {}): Reply => ({
  status,
  headers,
  body,
  complete: true,
  now: Date.UTC(2026, 10, 25)
})

/** A reply with the API's own envelope. */
export const envelope = (status: number, error: object = {}, headers: Reply["headers"] = {}): Reply =>
  reply(
    status,
    JSON.stringify({ error: { message: "No.", type: "invalid_request_error", param: null, code: null, ...error } }),
    { "content-type": "application/json", ...headers }
  )

/** A page of a proxy. */
export const html = (status: number): Reply =>
  reply(status, "<html><head><title>Bad gateway</title></head></html>", { "content-type": "text/html; charset=utf-8" })

/** The failure that a reply means, without the fields that are not known. */
export const failureOf = (of: Reply, operation: Call["operation"] = "list", mayHaveExecuted = false): Failure => {
  const result = ofReply(call(operation, mayHaveExecuted), of, redact)
  if ("ok" in result) return assert.fail("it succeeded")
  return known(result)
}

/** Without the fields that are not known. */
export const known = <A extends object>(failure: A): A => {
  const copy = { ...failure }
  for (const name of Object.keys(copy)) if (Reflect.get(copy, name) === undefined) Reflect.deleteProperty(copy, name)
  return copy
}
