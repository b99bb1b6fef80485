import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Any, provideReferenceEffect, type WithR } from "./effectOrStream.ts"

/** Receives values of one kind. */
export type Observer<A, B = void> = (value: A) => Effect.Effect<B>

/** Adds an observer inside those that are there: it runs first, with the services of where it was added. */
export const add =
  <A, B = void>(
    reference: Context.Reference<Observer<A, B> | undefined>,
    both: (inner: B, outer: B) => B = (_, outer) => outer
  ) =>
  <Self extends Any, R>(self: Self, observe: (value: A) => Effect.Effect<B, never, R>): WithR<Self, R> =>
    provideReferenceEffect(
      self,
      reference,
      Effect.contextWith((here: Context.Context<R>) => {
        const outer = Context.get(here, reference)
        return Effect.succeed<Observer<A, B>>((value) => {
          const inner = Effect.updateContext(observe(value), (there: Context.Context<never>) =>
            // what the observer does itself is for the outer ones
            Context.add(Context.merge(there, here), reference, outer)
          )
          return outer === undefined ? inner : Effect.zipWith(inner, outer(value), both)
        })
      })
    )
