import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** Runs an effect in another region of interruptibility. */
export type Restore = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The region in which a call waits, inside `finishInFlight`: as it was around it. */
export class Waits extends Context.Reference<Waits>()("@checkpoint-permissions/client/Waits", {
  defaultValue: (): Restore | undefined => undefined
}) {}

/** Whether a call goes without waiting for the pace. */
export class WithoutWaiting extends Context.Reference<WithoutWaiting>()(
  "@checkpoint-permissions/client/WithoutWaiting",
  { defaultValue: () => false }
) {}
