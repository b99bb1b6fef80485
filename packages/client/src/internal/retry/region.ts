import type { PermissionDeleted, PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { OrganizationOperation, ProjectOperation } from "@checkpoint-permissions/protocol/failure"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { both, bound, type Observer } from "../observer.ts"
import type { RequestError } from "../service.ts"

/** A call that has ended, with a reply or with the error of its last attempt. */
export type Ended<A> = {
  /** Of the last reply: what OpenAI's support asks for. */
  readonly requestId: string | undefined
} & ({ readonly reply: A; readonly error?: undefined } | { readonly error: RequestError; readonly reply?: undefined })

/**
 * What a call came to: its reply, or the error of its last attempt, also where the wait before another one was
 * interrupted.
 *
 * @category models
 */
export type Outcome =
  | (Ended<PermissionPage> & { readonly operation: "list" | "create"; readonly checkpoint: string })
  | (Ended<PermissionDeleted> & { readonly operation: "delete"; readonly checkpoint: string })
  | (Ended<object> & { readonly operation: OrganizationOperation | ProjectOperation })

/** Runs an effect in another region of interruptibility. */
export type Restore = <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** Whether an attempt that is under way is finished, and who receives what each call came to. */
export class FinishInFlight extends Context.Reference<FinishInFlight>()(
  "@checkpoint-permissions/client/FinishInFlight",
  { defaultValue: (): Observer<Outcome> | undefined => undefined }
) {}

/** Sets an observer of outcomes inside the one in force. */
export const finishInFlight = <A, E, R, R2>(
  self: Effect.Effect<A, E, R>,
  onOutcome: (outcome: Outcome) => Effect.Effect<void, never, R2>
): Effect.Effect<A, E, R | R2> =>
  Effect.provideServiceEffect(
    self,
    FinishInFlight,
    Effect.contextWith((here: Context.Context<R2>) =>
      both(bound(onOutcome, here, FinishInFlight), Context.get(here, FinishInFlight))
    )
  )

/**
 * Where {@link FinishInFlight} is set: makes the attempts uninterruptible but for what they run under `restore`, and
 * tells what the call came to before that region is left.
 */
export const finished = <A, E>(
  finish: Observer<Outcome> | undefined,
  outcome: () => Outcome | undefined,
  attempts: (restore: Restore) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  if (finish === undefined) return attempts(identity)
  const tell = Effect.suspend(() => {
    const told = outcome()
    return told === undefined ? Effect.void : finish(told)
  })
  return Effect.uninterruptibleMask((restore) => Effect.ensuring(attempts(restore), tell))
}
