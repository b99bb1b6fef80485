import type { Failure } from "../../src/failure.ts"
import type { Call, Program } from "../../src/writes.ts"

/** The failure of a program. */
export class Failed extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.kind)
    this.failure = failure
  }
}

/** A call that is answered at once. */
export const call = <A>(answer: () => A): Call<never, A> => ({
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: answer() }) })
})

/** Runs a program that makes nothing but such calls. */
export const run = <A>(program: Program<never, A>): A => program.next().value
