/**
 * What works with stores, loaded by the commands that need it only. In the bundle it is a file of its own, which the
 * program loads when its arguments name a store.
 */
import * as Effect from "effect/Effect"

export const machinery = Effect.promise(() => import("./machinery.ts"))
