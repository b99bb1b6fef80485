import * as Effect from "effect/Effect"
import type { serve as serveOnNode } from "./serve.ts"

export const serve: typeof serveOnNode = () => Effect.fail(new Error("it needs node:http"))
