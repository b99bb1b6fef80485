import { InvalidSetting } from "../../invalidSetting.ts"
import * as Check from "../checks.ts"
import type { ServerBehavior } from "./model.ts"
import { unknowns } from "./model.ts"

/** The value is a secret: the reason does not repeat it. */
const keyText: Check.Check = (value, field) => {
  if (typeof value === "string" && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return
  throw new InvalidSetting(field, "expected a key that a header can carry: printable ASCII, no space at either end")
}

const range = Check.struct("milliseconds, or an object with min and max", {
  required: { min: Check.millis, max: Check.millis }
})

const delay: Check.Check = (value, field) => {
  if (!Check.isRecord(value)) return Check.millis(value, field)
  range(value, field)
  const { max, min } = value
  if (Number(max) < Number(min)) throw Check.expected("a time that is not below min", max, `${field}.max`)
}

const reach = Check.that(
  '"unlimited", or milliseconds from 0 on',
  (value) => value === "unlimited" || (typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY)
)

/** What each setting may be that has not just words for its values. */
const others: { readonly [K in Exclude<keyof ServerBehavior, keyof typeof unknowns>]: Check.Check } = {
  listingLag: Check.millis,
  defaultLimit: Check.integer(1),
  maxLimit: Check.integer(1),
  maxProjects: Check.integer(1),
  owners: Check.record("an object from checkpoint to project", Check.checkpointId, Check.projectId),
  keys: Check.literalOr(
    ["any"],
    "a list of keys",
    Check.list(
      "keys",
      Check.struct("an object with key and scopes", {
        required: {
          key: keyText,
          scopes: Check.list(
            "scopes",
            Check.oneOf("api.fine_tuning.checkpoints.read", "api.fine_tuning.checkpoints.write")
          )
        },
        optional: { id: Check.filled, project: Check.projectId }
      })
    )
  ),
  unknownKeys: Check.oneOf("refuse", "by-prefix"),
  missingScopeStatus: Check.oneOf(401, 403),
  unknownCheckpoints: Check.oneOf("accept", "not-found"),
  checkpoints: Check.list("checkpoints", Check.checkpointId),
  defaultProject: Check.projectId,
  auditLag: delay,
  auditReach: reach,
  dashboardEvents: Check.share,
  repeatEvents: Check.boolean,
  auditResources: Check.list("resources", Check.oneOf("permission", "checkpoint", "project")),
  rate: Check.literalOr(
    ["unlimited"],
    'an object such as {"requests": 10, "per": 60000}',
    Check.struct("an object with requests and per", {
      required: {
        requests: Check.number("a number above 0", (value) => value > 0),
        per: Check.number("milliseconds above 0", (value) => value > 0)
      },
      optional: {
        burst: Check.number("a number from 1 on", (value) => value >= 1),
        scope: Check.oneOf("endpoint", "shared", "list-delete"),
        refill: Check.oneOf("continuous", "window"),
        countRefused: Check.boolean,
        headers: Check.oneOf("none", "retry-after", "retry-after-ms", "http-date")
      }
    })
  ),
  latency: delay,
  replyLatency: delay
}

const checks: Readonly<Record<string, Check.Check>> = {
  ...Object.fromEntries(Object.entries(unknowns).map(([name, words]) => [name, Check.oneOf(...words)])),
  shortPages: Check.literalOr(
    unknowns.shortPages,
    'an object such as {"seed": 1}',
    Check.struct("an object with a seed", { required: { seed: Check.anyInteger } })
  ),
  ...others
}

/** The settings that are a length of time, or two, or `"unlimited"`. */
export const timed = ["auditLag", "auditReach", "latency", "listingLag", "replyLatency"] as const

export const settings = Check.struct("an object of settings", { optional: checks })
