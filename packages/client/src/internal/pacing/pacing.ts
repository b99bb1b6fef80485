/** What a service makes its paces of. */
import type { RequestOperation } from "@checkpoint-permissions/protocol/failure"
import type * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Pace from "./pace.ts"

export const TypeId: unique symbol = Symbol.for("@checkpoint-permissions/client/Pacing")

export type Operation = RequestOperation

export interface Pacing {
  readonly [TypeId]: {
    readonly make: (operation: Operation) => Pace.Pace
    /** Why its options were refused, in one line. */
    readonly problem?: string | undefined
  }
}

/** A pace of its own for each operation. */
export const make = (initial: () => pacing.State): Pacing => ({ [TypeId]: { make: () => Pace.make(initial) } })

export const none: Pacing = { [TypeId]: { make: () => Pace.none } }

export const refused = (problem: string): Pacing => ({ [TypeId]: { ...none[TypeId], problem } })
