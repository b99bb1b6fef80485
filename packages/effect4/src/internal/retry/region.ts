/** What a call takes from where it runs. */
import type { OrganizationOperation, ProjectOperation } from "@checkpoint-permissions/protocol/failure"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type { PermissionDeleted, PermissionPage } from "../../Permission.ts"
import type { Observer } from "../observer.ts"
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
export const FinishInFlight = Context.Reference<Observer<Outcome> | undefined>(
  "@checkpoint-permissions/effect4/FinishInFlight",
  { defaultValue: () => undefined }
)

/**
 * Whether requests go at once, whatever the pace says; `false` by default. What {@link withoutWaiting} sets. A layer
 * that is provided to a program sets it for the whole program.
 *
 * @category context
 */
export const CurrentWithoutWaiting = Context.Reference<boolean>(
  "@checkpoint-permissions/effect4/CurrentWithoutWaiting",
  {
    defaultValue: () => false
  }
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
