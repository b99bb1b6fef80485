/** The handlers of the API on `ModelAccess`. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/effect4"
import { Config, Effect, Layer, Redacted } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiError } from "effect/http-api"
import { Api, Authorization, CheckpointNotFound, TryAgain } from "./Api.ts"
import { replyTo } from "./HttpErrors.ts"
import { ModelAccess } from "./ModelAccess.ts"

const digest = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest()

export const AuthorizationLive = Layer.effect(
  Authorization,
  Effect.map(Config.Redacted("SERVICE_TOKEN"), (token) => {
    const expected = digest(token)
    return Authorization.of({
      bearer: (endpoint, { credential }) =>
        timingSafeEqual(digest(credential), expected) ? endpoint : Effect.fail(new HttpApiError.Unauthorized())
    })
  })
)

const tryAgain = (seconds: number) =>
  HttpEffect.appendPreResponseHandler((_, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(seconds)))
  ).pipe(Effect.andThen(Effect.fail(new TryAgain({ seconds }))))

const toApi = (checkpoint: Identifiers.CheckpointId) =>
  Effect.fnUntraced(function* (error: PermissionsError.PermissionsError) {
    const reply = replyTo(error)
    if (reply.status === 404) return yield* new CheckpointNotFound({ checkpoint })
    if (reply.status === 503) return yield* tryAgain(reply.retryAfter)
    // The caller gets 500, and the log has the message.
    return yield* Effect.die(error)
  })

/** The result of a change. After 20 seconds only the caller leaves: a deadline would end the change. */
const answer =
  (checkpoint: Identifiers.CheckpointId) =>
  <A>(change: Effect.Effect<A, PermissionsError.PermissionsError>) =>
    change.pipe(
      Effect.catch(toApi(checkpoint)),
      Effect.timeoutOrElse({ duration: "20 seconds", orElse: () => tryAgain(10) }),
      Effect.map((result) => ({ result }))
    )

/** The handlers, without the check of the token. */
export const AccessLive = HttpApiBuilder.group(
  Api,
  "access",
  Effect.fn(function* (handlers) {
    const { grant, list, revoke } = yield* ModelAccess
    return handlers.handleAll({
      list: ({ query: { checkpoint } }) =>
        list(checkpoint).pipe(
          Effect.catch(toApi(checkpoint)),
          Effect.map((projects) => ({ projects }))
        ),
      grant: ({ payload: { checkpoint, project } }) => answer(checkpoint)(grant(checkpoint, project)),
      revoke: ({ query: { checkpoint, project } }) => answer(checkpoint)(revoke(checkpoint, project))
    })
  })
)
