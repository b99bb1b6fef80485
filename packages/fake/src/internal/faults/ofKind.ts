import * as Faults from "../../faults.ts"
import { draw } from "../random.ts"
import type { Fault, Kind } from "./model.ts"

/** A fault of a kind; its details are drawn too. */
export const ofKind = (kind: Kind, seed: number, position: number): Fault => {
  const millis = draw(seed, position, 2) % 60_000
  const coin = draw(seed, position, 3) % 2 === 0
  switch (kind) {
    case "rate-limited":
      return Faults.rateLimited(coin ? { "retry-after": String(1 + (millis % 30)) } : {})
    case "server-error":
      return Faults.error(coin ? 500 : 503)
    case "server-error-worked":
      return Faults.error(coin ? 500 : 503, { worked: true })
    case "bad-gateway":
      return coin ? Faults.html(502) : Faults.error(502, { message: "Bad gateway", type: "cf_bad_gateway", code: 502 })
    case "bad-gateway-worked":
      return Faults.html(coin ? 502 : 504, { worked: true })
    case "latency":
      return coin ? Faults.latency({ before: millis }) : Faults.latency({ after: millis })
    case "drop-before":
      return Faults.dropBefore()
    case "reset-before":
      return Faults.dropBefore("ECONNRESET")
    case "drop-after":
      return Faults.dropAfter()
    case "late-work":
      return Faults.lateWork(millis, coin ? "wait" : "gateway-timeout")
    case "late-work-dropped":
      return Faults.lateWork(millis, "drop")
    case "truncated-body":
      return Faults.truncatedBody({ share: (millis % 100) / 100, then: coin ? "drop" : "end" })
    case "html-200":
      return Faults.html(200)
    case "redirect":
      return Faults.redirect("https://elsewhere.example/v1/fine_tuning/checkpoints", coin ? 307 : 302)
    case "endless":
      return Faults.endless({ chunk: coin ? 0 : 1024, every: 1000 })
    case "huge":
      return Faults.huge({ bytes: 100_000 * (1 + (millis % 10)), status: coin ? 502 : 500 })
    case "false-gzip":
      return Faults.falseGzip
    default:
      return Faults.page(kind)
  }
}
