/** The request of a plain call, which is shown and not sent. */
import type { Route } from "@checkpoint-permissions/protocol/routes"
import * as Effect from "effect/Effect"
import { WrongUse } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/text.ts"
import type { ServerOptions } from "./options.ts"
import { withPermissions } from "./server.ts"

/** Prints method, URL and body. Needs no key. */
export const showRequest = (options: ServerOptions, method: string, route: Route, body?: unknown) =>
  withPermissions({ ...options, keyless: true }, [], ({ server }) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      if ("reason" in route) return yield* new WrongUse({ message: route.reason })
      yield* screen.print(`${method} ${server.apiUrl}${route.path}\n${body === undefined ? "" : jsonLine(body)}`)
    })
  )
