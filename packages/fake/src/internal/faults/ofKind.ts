import * as Faults from "../../faults.ts"
import type { Fault, Kind, PageDefect } from "./model.ts"
import { pageDefects } from "./model.ts"

/** Kinds whose details are drawn: a time below a minute, and heads or tails. */
const drawn: { readonly [K in Exclude<Kind, PageDefect>]: (millis: number, coin: boolean) => Fault } = {
  "rate-limited": (millis, coin) => Faults.rateLimited(coin ? { "retry-after": String(1 + (millis % 30)) } : {}),
  "server-error": (_, coin) => Faults.error(coin ? 500 : 503),
  "server-error-worked": (_, coin) => Faults.error(coin ? 500 : 503, { worked: true }),
  "bad-gateway": (_, coin) =>
    coin ? Faults.html(502) : Faults.error(502, { message: "Bad gateway", type: "cf_bad_gateway", code: 502 }),
  "bad-gateway-worked": (_, coin) => Faults.html(coin ? 502 : 504, { worked: true }),
  latency: (millis, coin) => Faults.latency(coin ? { before: millis } : { after: millis }),
  "drop-before": () => Faults.dropBefore(),
  "reset-before": () => Faults.dropBefore("ECONNRESET"),
  "drop-after": () => Faults.dropAfter(),
  "late-work": (millis, coin) => Faults.lateWork(millis, coin ? "wait" : "gateway-timeout"),
  "late-work-dropped": (millis) => Faults.lateWork(millis, "drop"),
  "truncated-body": (millis, coin) =>
    Faults.truncatedBody({ share: (millis % 100) / 100, then: coin ? "drop" : "end" }),
  "html-200": () => Faults.html(200),
  redirect: (_, coin) => Faults.redirect("https://elsewhere.example/v1/fine_tuning/checkpoints", coin ? 307 : 302),
  endless: (_, coin) => Faults.endless({ chunk: coin ? 0 : 1024, every: 1000 }),
  huge: (millis, coin) => Faults.huge({ bytes: 100_000 * (1 + (millis % 10)), status: coin ? 502 : 500 }),
  "false-gzip": () => Faults.falseGzip
}

const isDefect = (kind: Kind): kind is PageDefect => pageDefects.some((defect) => defect === kind)

/** A fault of a kind, by its details. */
export const ofKind = (kind: Kind, millis: number, coin: boolean): Fault =>
  isDefect(kind) ? Faults.page(kind) : drawn[kind](millis, coin)
