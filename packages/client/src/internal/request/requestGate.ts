import type { RequestOperation } from "@checkpoint-permissions/protocol/failure"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type { Any, WithR } from "../effectOrStream.ts"
import { nest } from "../observer.ts"
import type { Restore } from "../retry/region.ts"
import type { RequestError } from "../service.ts"

/**
 * A request that is about to be sent.
 *
 * @category models
 */
export interface Pending {
  readonly operation: RequestOperation
}

/**
 * What a request has to pass.
 *
 * @category models
 */
export interface Gate<R = never> {
  /** Ends when the request may be sent. */
  readonly open: (request: Pending) => Effect.Effect<void, never, R>
  /** Whether it may still be sent, when its turn has come. It should take no time, since the turn is held meanwhile. */
  readonly isOpen: (request: Pending) => Effect.Effect<boolean, never, R>
}

/** The turn has come, and the gate is not open any more. */
export class GateClosed extends Data.TaggedError("GateClosed") {}

/**
 * The gate of what runs here, if there is one: what {@link beforeRequests} adds to. A layer that is provided to a
 * program sets it for the whole program.
 *
 * @category context
 */
export class CurrentRequestGate extends Context.Reference<CurrentRequestGate>()(
  "@checkpoint-permissions/client/CurrentRequestGate",
  { defaultValue: (): Gate | undefined => undefined }
) {}

/**
 * Passes the gate, if there is one, and sends in a turn. A turn that comes when the gate is no longer open is given
 * back, and the gate is passed again.
 */
export const passed = <A>(
  gate: Gate | undefined,
  request: Pending,
  restore: Restore,
  inTurn: <E>(mayGo: Effect.Effect<void, E> | undefined) => Effect.Effect<A, RequestError | E>
): Effect.Effect<A, RequestError> => {
  if (gate === undefined) return inTurn<never>(undefined)
  const mayGo = Effect.suspend(() => gate.isOpen(request)).pipe(
    Effect.filterOrFail(identity, () => new GateClosed()),
    Effect.asVoid,
    restore
  )
  return restore(Effect.suspend(() => gate.open(request))).pipe(
    Effect.zipRight(inTurn(mayGo)),
    Effect.catchTag("GateClosed", () => passed(gate, request, restore, inTurn))
  )
}

const nested = nest(CurrentRequestGate)

export const beforeRequests = <Self extends Any, R>(self: Self, gate: Gate<R>["open"] | Gate<R>): WithR<Self, R> => {
  const added: Gate<R> = typeof gate === "function" ? { open: gate, isOpen: () => Effect.succeed(true) } : gate
  return nested(self, (outer, inside: <B>(self: Effect.Effect<B, never, R>) => Effect.Effect<B>) => {
    const inner: Gate = {
      open: (request) => inside(added.open(request)),
      isOpen: (request) => inside(added.isOpen(request))
    }
    if (outer === undefined) return inner
    return {
      open: (request) => Effect.zipRight(inner.open(request), outer.open(request)),
      isOpen: (request) =>
        Effect.flatMap(inner.isOpen(request), (isOpen) => (isOpen ? outer.isOpen(request) : Effect.succeed(false)))
    }
  })
}
