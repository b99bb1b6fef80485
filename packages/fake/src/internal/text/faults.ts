import * as Faults from "../../faults.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import { isRecord } from "../checks.ts"
import { ofKind } from "../faults/ofKind.ts"
import * as Duration from "./duration.ts"

/** What is left out of each fault. */
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

/** What a kind stands for where its details would be drawn. */
const named: Readonly<Record<string, Faults.Fault>> = {
  "rate-limited": Faults.rateLimited(),
  "server-error": Faults.error(500),
  "server-error-worked": Faults.error(500, { worked: true }),
  "bad-gateway": Faults.html(502),
  "bad-gateway-worked": Faults.html(502, { worked: true }),
  latency: Faults.latency({ before: 1000 }),
  "late-work": Faults.lateWork(1000),
  "late-work-dropped": Faults.lateWork(1000, "drop"),
  "truncated-body": Faults.truncatedBody(),
  endless: Faults.endless(),
  huge: Faults.huge()
}

const durations = ["before", "after", "millis", "every"]

const kindOf = (text: string): Faults.Kind | undefined => Faults.kinds.find((kind) => kind === text)

/** A body that is not a text is sent as JSON. */
const replyBody = (fault: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { body, headers } = fault
  if (body === undefined || typeof body === "string") return fault
  const json = { "content-type": "application/json" }
  return { ...fault, body: JSON.stringify(body), headers: isRecord(headers) ? { ...json, ...headers } : headers }
}

/** A kind by its name, or an object whose durations are texts and which may leave out what has a default. */
const fault = (value: unknown, field: string): unknown => {
  if (typeof value === "string") {
    const kind = kindOf(value)
    if (kind === undefined) {
      throw new InvalidSetting(
        field,
        `expected an object such as {"_tag": "DropAfter"}, or one of ${Faults.kinds.join(", ")}`
      )
    }
    return named[kind] ?? ofKind(kind, 0, 0)
  }
  if (!isRecord(value)) return value
  const tag = Object.entries(defaults).find(([name]) => name === value["_tag"])
  const whole = { ...tag?.[1], ...value }
  const plain = Object.fromEntries(
    Object.entries(whole).map(([name, one]) => [
      name,
      durations.includes(name) ? Duration.millis(one, `${field}.${name}`) : one
    ])
  )
  return value["_tag"] === "Reply" ? replyBody(plain) : plain
}

/** A fault and the requests that meet it. Throws `InvalidSetting`. */
export const parseEntry = (value: unknown, field: string): Faults.Entry => {
  const plain: unknown =
    isRecord(value) && "fault" in value ? { ...value, fault: fault(value["fault"], `${field}.fault`) } : value
  Faults.assertEntry(plain, field)
  return plain
}

/** What is left out of a random plan: its seed is that of the server. */
const random = (value: Readonly<Record<string, unknown>>, seed: number): unknown => {
  const { _tag, ...rest } = value
  const byDefault = Faults.random({ seed, probability: 0 })
  return "kinds" in rest
    ? { _tag: "Random", seed, ...rest }
    : { ...byDefault, ...rest, probability: rest["probability"] }
}

/**
 * A plan: a probability; `{"probability": 0.2}` with what else a random plan has; or a list of entries. Throws
 * `InvalidSetting`.
 */
export const parsePlan = (value: unknown, field: string, seed: number): Faults.Plan => {
  const entries = Array.isArray(value)
    ? value
    : isRecord(value) && Array.isArray(value["entries"])
      ? value["entries"]
      : undefined
  const plain: unknown =
    entries !== undefined
      ? { _tag: "Scripted", entries: entries.map((entry, i) => parseEntry(entry, `${field}[${i}]`)) }
      : random(isRecord(value) ? value : { probability: value }, seed)
  Faults.assertPlan(plain, field)
  return plain
}
