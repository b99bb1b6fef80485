import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type { Any, WithR } from "../effectOrStream.ts"
import * as observer from "../observer.ts"

/**
 * A request that is about to be sent.
 *
 * @category models
 * @since 0.1.0
 * @see {@link beforeRequests}
 */
export interface Pending {
  readonly operation: "list" | "create" | "delete"
}

/**
 * What a request has to pass.
 *
 * @category models
 * @since 0.1.0
 * @see {@link beforeRequests}
 */
export interface Gate<R = never> {
  /** Ends when the request may be sent. */
  readonly open: (request: Pending) => Effect.Effect<void, never, R>
  /** Whether it may still be sent, when its turn has come. It should take no time, since the turn is held meanwhile. */
  readonly isOpen: (request: Pending) => Effect.Effect<boolean, never, R>
}

/** The turn has come, and the gate is not open any more. */
export class GateClosed extends Data.TaggedError("GateClosed") {}

/** Has to end before a turn is asked for. What it succeeds with has to succeed once the turn has come. */
export class RequestGate extends Context.Reference<RequestGate>()("@checkpoint-permissions/client/RequestGate", {
  defaultValue: (): observer.Observer<Pending, Effect.Effect<void, GateClosed>> | undefined => undefined
}) {}

const add = observer.add(RequestGate, (inner, outer) => Effect.zipRight(inner, outer))

export const beforeRequests = <Self extends Any, R>(self: Self, gate: Gate<R>["open"] | Gate<R>): WithR<Self, R> =>
  add(self, (request: Pending) =>
    typeof gate === "function"
      ? Effect.as(gate(request), Effect.void)
      : Effect.zipRight(
          gate.open(request),
          Effect.contextWith((context: Context.Context<R>) =>
            gate.isOpen(request).pipe(
              Effect.filterOrFail(identity, () => new GateClosed()),
              Effect.provide(context)
            )
          )
        )
  )
