/** Options, checked and with every default filled in. */
import { refuseProject } from "@checkpoint-permissions/protocol/identifiers"
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
import type { Options, ProjectOptions } from "./options.ts"
import { TypeId } from "./pacing/pacing.ts"

export interface Settings extends plain.Settings, Pick<Options, "transformClient"> {
  readonly adminKey: Redacted.Redacted
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
}

const refuse = (refusal: plain.Refusal) => Effect.fail(new InvalidInputError({ operation: "make", ...refusal }))

/** A key as it was given, and what refuses its text. */
interface Key {
  readonly given: Redacted.Redacted
  readonly field: plain.KeyField
  readonly refusalOf: (key: unknown) => plain.Refusal | undefined
}

const checked = Effect.fnUntraced(function* (
  options: Omit<Options, "adminKey">,
  plainOptions: plain.Checked<plain.Settings>,
  key: Key
): Effect.fn.Return<Settings, InvalidInputError> {
  if ("reason" in plainOptions) return yield* refuse(plainOptions)
  const { pacing = Pacing.adaptive, retry = RetryPolicy.standard, transformClient } = options
  const { field, given, refusalOf } = key

  if (!Redacted.isRedacted(given)) return yield* refuse(plain.refuseUnredacted(field))
  const refusal = refusalOf(Redacted.value(given))
  if (refusal !== undefined) return yield* refuse(refusal)

  const timeout = Option.getOrUndefined(Duration.fromInput(options.timeout ?? "30 seconds"))
  if (timeout === undefined || !Duration.isFinite(timeout) || !Duration.isPositive(timeout)) {
    return yield* refuse(plain.refusals.timeout)
  }
  const isPolicy =
    Predicate.hasProperty(retry, "schedule") && Schedule.isSchedule(retry.schedule) && Duration.isDuration(retry.cap)
  if (!isPolicy) return yield* refuse(plain.refusals.retry)
  const reason = Predicate.hasProperty(pacing, TypeId)
    ? pacing[TypeId].problem
    : "not a pacing: pass one that Pacing makes"
  if (reason !== undefined) return yield* refuse({ field: "pacing", reason })

  return { ...plainOptions.ok, adminKey: given, timeout, retry, pacing, transformClient }
})

/** Fails with what is wrong with the first option that is refused. */
export const make = (options: Options): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => {
    const key = { given: options?.adminKey, field: "adminKey", refusalOf: plain.refuseAdminKey } as const
    return checked(options, plain.check(options), key)
  })

/** The settings of a client for one project. */
export const ofProject = (options: ProjectOptions): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => {
    const reason = refuseProject(options?.projectId)
    if (reason !== undefined) return refuse({ field: "projectId", reason })
    const key = { given: options.apiKey, field: "apiKey", refusalOf: plain.refuseProjectKey } as const
    return checked(options, plain.check(options, "apiKey"), key)
  })
