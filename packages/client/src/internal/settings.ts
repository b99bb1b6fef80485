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
import type { Options, ProjectOptions } from "./options.ts"

export interface Settings extends plain.Settings, Pick<Options, "transformClient"> {
  /** Of `ProjectModels` the ordinary key of its project. */
  readonly adminKey: Redacted.Redacted
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
}

const refuse = (refusal: plain.Refusal) => new InvalidInputError({ operation: "make", ...refusal })

/** Fails where there is a refusal. */
export const accepted = (refusal: plain.Refusal | undefined): Effect.Effect<void, InvalidInputError> =>
  refusal === undefined ? Effect.void : refuse(refusal)

const checked = (
  options: Omit<Options, "adminKey">,
  field: plain.KeyField,
  adminKey: Redacted.Redacted
): Effect.Effect<Settings, InvalidInputError> => {
  const read = plain.check(options, field)
  if ("reason" in read) return refuse(read)
  const {
    pacing = Pacing.adaptive,
    retry = RetryPolicy.standard,
    timeout: wanted = "30 seconds",
    transformClient
  } = options
  const timeout = Option.getOrElse(Duration.decodeUnknown(wanted), () => Duration.zero)
  const refusal = plain.refuseFound(field, {
    key: Redacted.isRedacted(adminKey) ? { text: Redacted.value(adminKey) } : undefined,
    timeout: Duration.toMillis(timeout),
    isRetryPolicy: Schedule.isSchedule(retry?.schedule) && Duration.isDuration(retry.cap),
    pacing: Predicate.isFunction(pacing?.make)
      ? pacing.problem
      : "not a pacing: pass one of Pacing or SharedPacing, or an object with make(operation)"
  })
  return Effect.as(accepted(refusal), { ...read.ok, adminKey, timeout, retry, pacing, transformClient })
}

/** Fails with what is wrong with the first option that is refused. */
export const make = (options: Options): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => checked(options, "adminKey", options?.adminKey))

/** The settings of a client for one project. */
export const ofProject = (options: ProjectOptions): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => checked(options, "apiKey", options?.apiKey))
