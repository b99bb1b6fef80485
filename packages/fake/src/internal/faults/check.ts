import { InvalidSetting } from "../../invalidSetting.ts"
import * as Check from "../checks.ts"
import type { Fault } from "./model.ts"
import { kinds, operations, pageDefects } from "./model.ts"

const day = 86_400_000

const status = Check.integer(200, 599)
const delay = Check.integer(0, day)

/** A header that could not be sent would end the connection, or the process. */
const headerName: Check.Check = (value, field) =>
  typeof value === "string" && /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(value)
    ? undefined
    : new InvalidSetting(field, 'expected the name of a header, such as "retry-after"')

const headerValue: Check.Check = (value, field) =>
  typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
    ? undefined
    : new InvalidSetting(
        field,
        "expected what a header can carry: printable text on one line, without letters beyond Latin-1"
      )

/** The fields of each fault. */
const faults: { readonly [T in Fault["_tag"]]: Readonly<Record<string, Check.Check>> } = {
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
  TruncatedBody: {
    share: Check.number("a number from 0 to 1", (value) => value >= 0 && value <= 1),
    then: Check.oneOf("drop", "end")
  },
  Html: { status, worked: Check.boolean },
  Redirect: { status: Check.oneOf(301, 302, 303, 307, 308), location: headerValue },
  Page: { defect: Check.oneOf(...pageDefects) },
  Endless: { chunk: Check.integer(0, 1_048_576), every: delay },
  Huge: { status, bytes: Check.integer(0, 1_073_741_824) },
  FalseGzip: {}
}

const byTag = new Map<unknown, Check.Check>(
  Object.entries(faults).map(([tag, fields]) => [
    tag,
    Check.struct("a fault", { required: { _tag: Check.oneOf(tag), ...fields } })
  ])
)

const tag = Check.oneOf(...Object.keys(faults))

export const fault: Check.Check = (value, field) => {
  if (!Check.isRecord(value)) return Check.struct("a fault", {})(value, field)
  const check = byTag.get(value["_tag"])
  return check === undefined ? tag(value["_tag"], `${field}._tag`) : check(value, field)
}

const operation = Check.oneOf(...operations)

export const entry: Check.Check = Check.struct("an object with a fault", {
  required: { fault },
  optional: { operation, checkpoint: Check.text, nth: Check.integer(1), times: Check.integer(1) }
})

const scripted = Check.struct("a plan, as scripted and random make them", {
  required: { _tag: Check.oneOf("Scripted"), entries: Check.list("entries", entry) }
})

const random = Check.struct("a plan", {
  required: {
    _tag: Check.oneOf("Random"),
    seed: Check.anyInteger,
    probability: Check.number("a number from 0 to 1", (value) => value >= 0 && value <= 1),
    kinds: Check.list("kinds of fault", Check.oneOf(...kinds))
  },
  optional: {
    operations: Check.list("operations", operation),
    atMost: Check.integer(0),
    consecutive: Check.integer(1)
  }
})

export const plan: Check.Check = (value, field) =>
  Check.isRecord(value) && value["_tag"] === "Random" ? random(value, field) : scripted(value, field)
