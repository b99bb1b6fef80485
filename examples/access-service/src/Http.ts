/** The API on `ModelAccess`. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { HttpApiBuilder, HttpApiError, HttpApp, HttpServerResponse } from "@effect/platform"
import { Config, Effect, Layer, Redacted } from "effect"
import { Api, Authorization, CheckpointNotFound, TryAgain } from "./Api.ts"
import { replyTo } from "./HttpErrors.ts"
import { ModelAccess } from "./ModelAccess.ts"

const digest = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest()

const AuthorizationLive = Layer.effect(
  Authorization,
  Effect.map(Config.redacted("SERVICE_TOKEN"), (token) => {
    const expected = digest(token)
    return {
      bearer: (given) => (timingSafeEqual(digest(given), expected) ? Effect.void : new HttpApiError.Unauthorized())
    }
  })
)

const tryAgain = (seconds: number) =>
  HttpApp.appendPreResponseHandler((_, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(seconds)))
  ).pipe(Effect.zipRight(Effect.fail(new TryAgain({ seconds }))))

const toApi = (checkpoint: Identifiers.CheckpointId) =>
  Effect.fnUntraced(function* (error: PermissionsError.PermissionsError) {
    const reply = replyTo(error)
    if (reply.status === 404) return yield* new CheckpointNotFound({ checkpoint })
    if (reply.status === 503) return yield* tryAgain(reply.retryAfter)
    // The caller gets 500, and the log has the message.
    return yield* Effect.die(error)
  })

const AccessLive = HttpApiBuilder.group(Api, "access", (handlers) =>
  Effect.map(ModelAccess, ({ check, grant }) =>
    handlers
      .handle("check", ({ urlParams: { checkpoint, project } }) =>
        check(checkpoint, project).pipe(
          Effect.catchAll(toApi(checkpoint)),
          Effect.map((granted) => ({ granted }))
        )
      )
      .handle("grant", ({ payload: { checkpoint, project } }) =>
        grant(checkpoint, project).pipe(
          Effect.catchAll(toApi(checkpoint)),
          // Only the caller leaves: a deadline would end the grant.
          Effect.timeoutTo({ duration: "20 seconds", onSuccess: Effect.succeed, onTimeout: () => tryAgain(10) }),
          Effect.flatten,
          Effect.map((outcome) => ({ outcome }))
        )
      )
  )
)

/** The handlers; `HttpApiBuilder.serve` makes a server of them. */
export const ApiLive = HttpApiBuilder.api(Api).pipe(Layer.provide(AccessLive), Layer.provide(AuthorizationLive))
