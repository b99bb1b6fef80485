import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Any, provideReferenceEffect, type WithR } from "./effectOrStream.ts"

/** Receives values of one kind. */
export type Observer<A> = (value: A) => Effect.Effect<void>

/** Adds an observer inside those that are there: it runs first, with the services of where it was added. */
export const add =
  <A>(reference: Context.Reference<Observer<A> | undefined>) =>
  <Self extends Any, R>(self: Self, observe: (value: A) => Effect.Effect<void, never, R>): WithR<Self, R> =>
    provideReferenceEffect(
      self,
      reference,
      Effect.contextWith((here: Context.Context<R>) => {
        const outer = Context.get(here, reference)
        return Effect.succeed<Observer<A>>((value) => {
          const inner = Effect.updateContext(observe(value), (there: Context.Context<never>) =>
            // what the observer does itself is for the outer ones
            Context.add(Context.merge(there, here), reference, outer)
          )
          return outer === undefined ? inner : Effect.andThen(inner, outer(value))
        })
      })
    )
