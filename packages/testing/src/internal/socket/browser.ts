import * as Effect from "effect/Effect"
import type { serve as serveOnNode } from "./serve.ts"

/** Fails: a browser has no server. */
export const serve: typeof serveOnNode = () => Effect.fail(new Error("it needs node:http"))
