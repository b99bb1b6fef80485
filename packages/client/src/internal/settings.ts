/** Options, checked and with every default filled in. */
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as plain from "@checkpoint-permissions/protocol/options"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Pacing from "../Pacing.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { Options } from "./options.ts"
import { TypeId } from "./pacing/pacing.ts"

export interface Settings extends plain.Settings, Pick<Options, "transformClient"> {
  readonly adminKey: Redacted.Redacted
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
}

const refuse = ({ field, reason }: plain.Refusal) => new InvalidInputError({ operation: "make", field, reason })

const adminKeyOf = (key: Redacted.Redacted): Effect.Effect<Redacted.Redacted, InvalidInputError> => {
  if (!Redacted.isRedacted(key)) {
    const reason = "the admin key is not redacted: pass Redacted.make(key), so that nothing prints it"
    return refuse({ field: "adminKey", reason })
  }
  const refusal = plain.refuseAdminKey(Redacted.value(key))
  return refusal === undefined ? Effect.succeed(key) : refuse(refusal)
}

const timeoutOf = (input: Duration.DurationInput): Effect.Effect<Duration.Duration, InvalidInputError> =>
  Duration.decodeUnknown(input).pipe(
    Option.filter((duration) => Duration.isFinite(duration) && Duration.greaterThan(duration, Duration.zero)),
    Effect.mapError(() =>
      refuse({ field: "timeout", reason: 'not a duration above zero: pass one such as "30 seconds"' })
    )
  )

const pacingOf = (pacing: Pacing.Pacing): Effect.Effect<Pacing.Pacing, InvalidInputError> => {
  const problem = Predicate.hasProperty(pacing, TypeId)
    ? pacing[TypeId].problem
    : "not a pacing: pass one that Pacing or SharedPacing makes"
  return problem === undefined ? Effect.succeed(pacing) : refuse({ field: "pacing", reason: problem })
}

const retryOf = (retry: RetryPolicy.RetryPolicy): Effect.Effect<RetryPolicy.RetryPolicy, InvalidInputError> =>
  Predicate.hasProperty(retry, "schedule") &&
  Predicate.hasProperty(retry.schedule, Schedule.ScheduleTypeId) &&
  Duration.isDuration(retry.cap)
    ? Effect.succeed(retry)
    : refuse({ field: "retry", reason: "not a retry policy: pass one that RetryPolicy makes" })

/** Fails with what is wrong with the first option that is refused. */
export const make = (options: Options): Effect.Effect<Settings, InvalidInputError> =>
  Effect.gen(function* () {
    const checked = plain.check(options)
    if ("reason" in checked) return yield* refuse(checked)
    return {
      ...checked.ok,
      adminKey: yield* adminKeyOf(options.adminKey),
      timeout: yield* timeoutOf(options.timeout ?? "30 seconds"),
      retry: yield* retryOf(options.retry ?? RetryPolicy.standard),
      pacing: yield* pacingOf(options.pacing ?? Pacing.adaptive),
      transformClient: options.transformClient
    }
  })
