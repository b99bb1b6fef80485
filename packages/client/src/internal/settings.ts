/** Options, checked and with every default filled in. */
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import { refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import * as plain from "@checkpoint-permissions/protocol/options"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Pacing from "../Pacing.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { Options, ProjectOptions } from "./options.ts"
import { TypeId } from "./pacing/pacing.ts"

export interface Settings extends plain.Settings, Pick<Options, "transformClient"> {
  /** Of `ProjectModels` the ordinary key of its project. */
  readonly adminKey: Redacted.Redacted
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
}

const refuse = ({ field, reason }: plain.Refusal) => new InvalidInputError({ operation: "make", field, reason })

const keyOf = (
  key: Redacted.Redacted,
  field: plain.KeyField,
  refusalOf: (key: unknown) => plain.Refusal | undefined
): Effect.Effect<Redacted.Redacted, InvalidInputError> => {
  if (!Redacted.isRedacted(key)) {
    const noun = field === "adminKey" ? "the admin key" : "the key"
    return refuse({ field, reason: `${noun} is not redacted: pass Redacted.make(key), so that nothing prints it` })
  }
  const refusal = refusalOf(Redacted.value(key))
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

const checked = (
  options: Omit<Options, "adminKey">,
  plainOptions: plain.Checked<plain.Settings>,
  key: Effect.Effect<Redacted.Redacted, InvalidInputError>
): Effect.Effect<Settings, InvalidInputError> =>
  Effect.gen(function* () {
    if ("reason" in plainOptions) return yield* refuse(plainOptions)
    return {
      ...plainOptions.ok,
      adminKey: yield* key,
      timeout: yield* timeoutOf(options.timeout ?? "30 seconds"),
      retry: yield* retryOf(options.retry ?? RetryPolicy.standard),
      pacing: yield* pacingOf(options.pacing ?? Pacing.adaptive),
      transformClient: options.transformClient
    }
  })

/** Fails with what is wrong with the first option that is refused. */
export const make = (options: Options): Effect.Effect<Settings, InvalidInputError> =>
  checked(
    options,
    plain.check(options),
    Effect.suspend(() => keyOf(options.adminKey, "adminKey", plain.refuseAdminKey))
  )

/** The settings of a client for one project. */
export const ofProject = (options: ProjectOptions): Effect.Effect<Settings, InvalidInputError> =>
  checked(
    options,
    plain.check(options, "apiKey"),
    Effect.suspend(() => {
      const reason = refuseProject(options.projectId)
      if (reason !== undefined) return refuse({ field: "projectId", reason })
      return keyOf(options.apiKey, "apiKey", plain.refuseProjectKey)
    })
  )
