import type { Kind } from "@checkpoint-permissions/protocol/failure"
import type { Described } from "@checkpoint-permissions/protocol/messages"
import * as Duration from "effect/Duration"

/** An error of this package, as far as its message is made of it. */
export interface Reported
  extends Readonly<Omit<Described, "kind" | "operation" | "retryAfter" | "waited" | "timeout">> {
  readonly _tag: Kind
  readonly operation: string
  readonly retryAfter?: Duration.Duration | undefined
  readonly waited?: Duration.Duration | undefined
  readonly timeout?: Duration.Duration | undefined
}

const millis = (duration: Duration.Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(duration)

/** The error as plain data, times in milliseconds. */
export const described = (error: Reported): Described => ({
  ...error,
  kind: error._tag,
  retryAfter: millis(error.retryAfter),
  waited: millis(error.waited),
  timeout: millis(error.timeout)
})
