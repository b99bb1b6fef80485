import * as Check from "../checks.ts"
import type { Fault } from "./model.ts"
import { kinds, operations, pageDefects } from "./model.ts"

const day = 86_400_000

const status = Check.integer(200, 599)
const delay = Check.integer(0, day)

/** A header that could not be sent would end the connection, or the process. */
const headerName = Check.matching('the name of a header, such as "retry-after"', /^[!#$%&'*+.^_`|~0-9a-z-]+$/i)

const headerValue = Check.matching(
  "what a header can carry: printable text on one line, without letters beyond Latin-1",
  /^[\t\x20-\x7e\x80-\xff]*$/
)

const fields: { readonly [T in Fault["_tag"]]: Readonly<Record<string, Check.Check>> } = {
  Reply: {
    status,
    headers: Check.record("an object of headers", headerName, headerValue),
    body: Check.text,
    worked: Check.boolean
  },
  Latency: { before: delay, after: delay },
  DropBefore: { code: Check.text },
  DropAfter: { code: Check.text },
  LateWork: { millis: delay, meanwhile: Check.oneOf("wait", "drop", "gateway-timeout") },
  TruncatedBody: { share: Check.share, then: Check.oneOf("drop", "end") },
  Html: { status, worked: Check.boolean },
  Redirect: { status: Check.oneOf(301, 302, 303, 307, 308), location: headerValue },
  Page: { defect: Check.oneOf(...pageDefects) },
  Endless: { chunk: Check.integer(0, 1_048_576), every: delay },
  Huge: { status, bytes: Check.integer(0, 1_073_741_824) },
  FalseGzip: {}
}

export const fault = Check.tagged(
  "a fault",
  Object.fromEntries(Object.entries(fields).map(([tag, required]) => [tag, { required }]))
)

const operation = Check.oneOf(...operations)

export const entry = Check.struct("an object with a fault", {
  required: { fault },
  optional: { operation, checkpoint: Check.text, nth: Check.integer(1), times: Check.integer(1) }
})

export const plan = Check.tagged("a plan, as scripted and random make them", {
  Scripted: { required: { entries: Check.list("entries", entry) } },
  Random: {
    required: {
      seed: Check.anyInteger,
      probability: Check.share,
      kinds: Check.list("kinds of fault", Check.oneOf(...kinds))
    },
    optional: {
      operations: Check.list("operations", operation),
      atMost: Check.integer(0),
      consecutive: Check.integer(1)
    }
  }
})
