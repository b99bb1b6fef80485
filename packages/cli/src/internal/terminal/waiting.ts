/** Says why a command waits, in a few words. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Duration from "effect/Duration"
import { time } from "./time.ts"

/** What went wrong, in a few words. */
export const cause = (error: PermissionsError): string => {
  switch (error._tag) {
    case "RateLimitError":
      return error.retryAfter === undefined
        ? "429, too many requests"
        : `429, too many requests, with Retry-After: ${time(error.retryAfter)}`
    case "ConnectionError":
      return `${error.sent === true ? "the connection broke" : "no connection"} (${error.reason})`
    case "RequestTimeoutError":
      return "no answer in time"
    default:
      return error.status === undefined ? "a failure" : `${error.status}, a failure of the server`
  }
}

/** Why a call waits; `pace` is what a wait for a turn is called. */
export const reason = (wait: CheckpointPermissions.Wait, pace: string): string =>
  wait.error === undefined ? (wait.reason === "hold" ? "the server takes no more for now" : pace) : cause(wait.error)

/** A pause that is worth a word. */
export const isLong = (wait: CheckpointPermissions.Wait): boolean =>
  wait.error !== undefined || Duration.greaterThanOrEqualTo(wait.delay, Duration.seconds(1))
