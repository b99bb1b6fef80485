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

const refuse = (refusal: plain.Refusal) =>
  Effect.fail(new InvalidInputError({ operation: "make", mayHaveExecuted: false, ...refusal }))

const checked = Effect.fnUntraced(function* (
  options: Omit<Options, "adminKey">,
  plainOptions: plain.Checked<plain.Settings>,
  key: { readonly given: Redacted.Redacted; readonly field: plain.KeyField; readonly noun: string },
  refusalOf: (key: unknown) => plain.Refusal | undefined
): Effect.fn.Return<Settings, InvalidInputError> {
  if ("reason" in plainOptions) return yield* refuse(plainOptions)
  const { pacing = Pacing.adaptive, retry = RetryPolicy.standard, transformClient } = options

  if (!Redacted.isRedacted(key.given)) {
    const reason = `${key.noun} is not redacted: pass Redacted.make(key), so that nothing prints it`
    return yield* refuse({ field: key.field, reason })
  }
  const refusal = refusalOf(Redacted.value(key.given))
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

  return { ...plainOptions.ok, adminKey: key.given, timeout, retry, pacing, transformClient }
})

/** Fails with what is wrong with the first option that is refused. */
export const make = (options: Options): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => {
    const key = { given: options?.adminKey, field: "adminKey", noun: "the admin key" } as const
    return checked(options, plain.check(options), key, plain.refuseAdminKey)
  })

/** The settings of a client for one project. */
export const ofProject = (options: ProjectOptions): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => {
    const reason = refuseProject(options?.projectId)
    if (reason !== undefined) return refuse({ field: "projectId", reason })
    const key = { given: options.apiKey, field: "apiKey", noun: "the key" } as const
    return checked(options, plain.check(options, "apiKey"), key, plain.refuseProjectKey)
  })
