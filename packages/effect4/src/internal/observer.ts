import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Any, provideReference, type WithR } from "./effectOrStream.ts"

/** Receives values of one kind. */
export type Observer<A> = (value: A) => Effect.Effect<void>

/** Lends the services of one place to what runs in another. */
type Inside<R> = <B>(self: Effect.Effect<B, never, R>) => Effect.Effect<B>

/** Sets a reference to what is made of its value outside. What is made runs `inside`: with the services of here. */
export const nest =
  <A>(reference: Context.Reference<A>) =>
  <Self extends Any, R>(self: Self, make: (outer: A, inside: Inside<R>) => A): WithR<Self, R> =>
    provideReference(
      self,
      reference,
      Effect.map(Effect.context<R>(), (here) => {
        const outer = Context.get(here, reference)
        return make(outer, (nested) =>
          Effect.updateContext(nested, (there: Context.Context<never>) =>
            // what it does itself is for the outer ones
            Context.add(Context.merge(there, here), reference, outer)
          )
        )
      })
    )

/** Adds an observer inside those that are there: it runs first. */
export const add = <A>(reference: Context.Reference<Observer<A> | undefined>) => {
  const nested = nest(reference)
  return <Self extends Any, R>(self: Self, observe: (value: A) => Effect.Effect<void, never, R>): WithR<Self, R> =>
    nested(self, (outer, inside: Inside<R>) => (value) => {
      const inner = inside(observe(value))
      return outer === undefined ? inner : Effect.andThen(inner, outer(value))
    })
}
