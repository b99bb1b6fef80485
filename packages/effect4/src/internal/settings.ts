/** Options, checked and with every default filled in. */
import * as plain from "@checkpoint-permissions/protocol/options"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Pacing from "../Pacing.ts"
import { InvalidInputError } from "../PermissionsError.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { Options } from "./options.ts"
import { TypeId } from "./pacing/pacing.ts"

export interface Settings extends plain.Settings, Pick<Options, "transformClient"> {
  readonly adminKey: Redacted.Redacted
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
}

const refuse = (refusal: plain.Refusal) =>
  Effect.fail(new InvalidInputError({ operation: "make", mayHaveExecuted: false, ...refusal }))

/** Fails with what is wrong with the first option that is refused. */
export const make = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Settings, InvalidInputError> {
  const checked = plain.check(options)
  if ("reason" in checked) return yield* refuse(checked)
  const { adminKey, pacing = Pacing.adaptive, retry = RetryPolicy.standard, transformClient } = options

  if (!Redacted.isRedacted(adminKey)) {
    const reason = "the admin key is not redacted: pass Redacted.make(key), so that nothing prints it"
    return yield* refuse({ field: "adminKey", reason })
  }
  const refusal = plain.refuseAdminKey(Redacted.value(adminKey))
  if (refusal !== undefined) return yield* refuse(refusal)

  const timeout = Option.getOrUndefined(Duration.fromInput(options.timeout ?? "30 seconds"))
  if (timeout === undefined || !Duration.isFinite(timeout) || !Duration.isPositive(timeout)) {
    const reason = 'not a duration above zero: pass one such as "30 seconds"'
    return yield* refuse({ field: "timeout", reason })
  }
  if (
    !Predicate.hasProperty(retry, "schedule") ||
    !Schedule.isSchedule(retry.schedule) ||
    !Duration.isDuration(retry.cap)
  ) {
    return yield* refuse({ field: "retry", reason: "not a retry policy: pass one that RetryPolicy makes" })
  }
  const problem = Predicate.hasProperty(pacing, TypeId)
    ? pacing[TypeId].problem
    : "not a pacing: pass one that Pacing makes"
  if (problem !== undefined) return yield* refuse({ field: "pacing", reason: problem })

  return { ...checked.ok, adminKey, timeout, retry, pacing, transformClient }
})
