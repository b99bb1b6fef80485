import * as Faults from "../../faults.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import { isRecord } from "../checks.ts"
import { ofKind } from "../faults/progress.ts"
import * as Duration from "./duration.ts"

/** The default fields of each fault. */
const defaults: { readonly [T in Faults.Fault["_tag"]]: Readonly<Record<string, unknown>> } = {
  Reply: { headers: {}, body: "", worked: false },
  Latency: { before: "0ms", after: "0ms" },
  DropBefore: Faults.dropBefore(),
  DropAfter: Faults.dropAfter(),
  LateWork: { meanwhile: "wait" },
  TruncatedBody: Faults.truncatedBody(),
  Html: Faults.html(),
  Redirect: { status: 307 },
  Page: {},
  Endless: { chunk: 1024, every: "100ms" },
  Huge: Faults.huge(),
  FalseGzip: {}
}

/** The faults of kinds that have fixed details if only their name is given. The others have random details. */
const named: Readonly<Record<string, Faults.Fault>> = {
  "rate-limited": Faults.rateLimited(),
  "truncated-body": Faults.truncatedBody(),
  redirect: ofKind("redirect", 0, false),
  endless: Faults.endless(),
  huge: Faults.huge()
}

const durations = ["before", "after", "millis", "every"]

const replyBody = (fault: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { body, headers } = fault
  if (typeof body === "string" || !isRecord(headers)) return fault
  return { ...fault, body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } }
}

/** Reads a fault. A name alone is a kind. Durations are texts, and missing fields have defaults. */
const fault = (value: unknown, field: string): unknown => {
  if (typeof value === "string") {
    const kind = Faults.kinds.find((one) => one === value)
    if (kind === undefined) {
      throw new InvalidSetting(
        field,
        `expected an object such as {"_tag": "DropAfter"}, or one of ${Faults.kinds.join(", ")}`
      )
    }
    return named[kind] ?? ofKind(kind, 1000, true)
  }
  if (!isRecord(value)) return value
  const [, omitted] = Object.entries(defaults).find(([name]) => name === value["_tag"]) ?? []
  const inMillis = ([name, one]: readonly [string, unknown]) =>
    [name, durations.includes(name) ? Duration.millis(one, `${field}.${name}`) : one] as const
  const plain = Object.fromEntries(Object.entries({ ...omitted, ...value }).map(inMillis))
  return value["_tag"] === "Reply" ? replyBody(plain) : plain
}

/** Reads a fault with its conditions. Throws `InvalidSetting`. */
export const parseEntry = (value: unknown, field: string): Faults.Entry => {
  const plain: unknown =
    isRecord(value) && "fault" in value ? { ...value, fault: fault(value["fault"], `${field}.fault`) } : value
  Faults.assertEntry(plain, field)
  return plain
}

/** Reads a random plan. A missing field has the value of the server, or else its default. */
const random = (value: Readonly<Record<string, unknown>>, seed: number): unknown => {
  const { _tag, ...rest } = value
  const byDefault = Faults.random({ seed, probability: 0 })
  return "kinds" in rest
    ? { _tag: "Random", seed, ...rest }
    : { ...byDefault, ...rest, probability: rest["probability"] }
}

/**
 * Reads a plan: a probability, a random plan such as `{"probability": 0.2}`, or a list of entries. Throws
 * `InvalidSetting`.
 */
export const parsePlan = (value: unknown, field: string, seed: number): Faults.Plan => {
  const entries = isRecord(value) ? value["entries"] : value
  const plain: unknown = Array.isArray(entries)
    ? { _tag: "Scripted", entries: entries.map((entry, i) => parseEntry(entry, `${field}[${i}]`)) }
    : random(isRecord(value) ? value : { probability: value }, seed)
  Faults.assertPlan(plain, field)
  return plain
}
