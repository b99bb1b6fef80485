/** The request of a plain call, which is shown and not sent. */
import { isPermissionId, isProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import * as Effect from "effect/Effect"
import { wrongUse } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/text.ts"
import type { ServerOptions } from "./options.ts"
import { withPermissions } from "./server.ts"

/** The operations as the library calls them. */
export const table = operations.make({ isPermissionId, isProjectId })

/** Prints method, URL and body. Needs no key. */
export const showRequest = (options: ServerOptions, call: Checked<Pick<operations.Call<unknown>, "request">>) =>
  withPermissions({ ...options, keyless: true }, [], ({ server }) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      if ("reason" in call) return yield* wrongUse(call.reason)
      const { body, method, path } = call.ok.request
      yield* screen.print(`${method} ${server.apiUrl}${path}\n${body === undefined ? "" : jsonLine(body)}`)
    })
  )
