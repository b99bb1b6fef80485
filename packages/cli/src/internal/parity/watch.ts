/** Looks for what a write did until it shows, and says how long that took. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { found, notObservable, type Outcome } from "./outcome.ts"

/** Milliseconds. A write that does not show by then is no longer looked for. */
const patience = 60_000

/** Milliseconds. A lag that is shorter than a look takes cannot be told from none. */
const atOnce = 5_000

/** When a write was sent and when it was answered, in milliseconds: it was executed in between. */
export interface Span {
  readonly sent: number
  readonly answered: number
}

interface Look<E> {
  readonly name: "listingLag" | "auditLag"
  readonly shows: Effect.Effect<boolean, E>
}

/** What is known of a lag, and the milliseconds after which a write shows for certain. */
export interface Lag {
  readonly outcome: Outcome<number>
  readonly atMost?: number
}

type Lags = { readonly [N in Look<never>["name"]]?: Lag }

const ofFirstLook = (most: number): Lag =>
  most <= atOnce
    ? { outcome: found(0, `at most ${most} ms`), atMost: most }
    : { outcome: notObservable(`at most ${most} ms: it was looked for no sooner`), atMost: most }

/** Looks at each thing in turn until all of them show, or time is over. */
export const watch = Effect.fnUntraced(function* <E>({ answered, sent }: Span, looks: ReadonlyArray<Look<E>>) {
  let lags: Lags = {}
  /** Of what did not show: its lag is more than this. */
  const least = new Map<string, number>()
  for (let left = looks; left.length > 0; left = left.filter(({ name }) => lags[name] === undefined)) {
    if (least.size > 0) yield* Effect.sleep("1 second")
    for (const { name, shows } of left) {
      const start = yield* Clock.currentTimeMillis
      const isShown = yield* shows
      const most = (yield* Clock.currentTimeMillis) - sent
      const before = least.get(name)
      if (isShown) {
        const lag =
          before === undefined ? ofFirstLook(most) : { outcome: found(most, `more than ${before} ms`), atMost: most }
        lags = { ...lags, [name]: lag }
      } else if (most >= patience) {
        lags = { ...lags, [name]: { outcome: notObservable(`nothing shows within ${patience / 1000} s`) } }
      } else least.set(name, Math.max(0, start - answered))
    }
  }
  return lags
})
