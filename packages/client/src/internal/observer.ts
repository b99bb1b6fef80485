import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Any, provideReference, type WithR } from "./effectOrStream.ts"

/** Receives values of one kind. */
export type Observer<A> = (value: A) => Effect.Effect<void>

/** Lends the services of one place to what runs in another. */
type Inside<R> = <B>(self: Effect.Effect<B, never, R>) => Effect.Effect<B>

/** Sets a reference to what is made of its value outside. What is made runs `inside`: with the services of here. */
export const nest =
  <Id, A>(reference: Context.Reference<Id, A>) =>
  <Self extends Any, R>(self: Self, make: (outer: A, inside: Inside<R>) => A): WithR<Self, R> =>
    provideReference(
      self,
      reference,
      Effect.contextWith((here: Context.Context<R>) => {
        const outer = Context.get(here, reference)
        return make(outer, (nested) =>
          Effect.mapInputContext(nested, (there: Context.Context<never>) =>
            // what it does itself is for the outer ones
            Context.add(Context.merge(there, here), reference, outer)
          )
        )
      })
    )

/** Runs the inner observer first. */
export const both = <A>(inner: Observer<A> | undefined, outer: Observer<A> | undefined): Observer<A> | undefined => {
  if (inner === undefined || outer === undefined) return inner ?? outer
  return (value) => Effect.zipRight(inner(value), outer(value))
}

/** Runs an observer with the services of `here`. Its own calls have the value that the reference has there. */
export const bound = <A, R, Id, Value>(
  observe: (value: A) => Effect.Effect<void, never, R>,
  here: Context.Context<R>,
  reference: Context.Reference<Id, Value>
): Observer<A> => {
  const outer = Context.get(here, reference)
  return (value) =>
    Effect.mapInputContext(observe(value), (there: Context.Context<never>) =>
      Context.add(Context.merge(there, here), reference, outer)
    )
}
