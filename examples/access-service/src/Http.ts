/** The API on `ModelAccess`. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { HttpApiBuilder, HttpApiError, HttpApp, HttpServerResponse } from "@effect/platform"
import { Config, Effect, Layer, Redacted } from "effect"
import { Api, Authorization, CheckpointNotFound, TryAgain } from "./Api.ts"
import { replyTo } from "./HttpErrors.ts"
import { ModelAccess } from "./ModelAccess.ts"
import { deadline } from "./Settings.ts"

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

/** The result of a change. After 20 seconds only the caller leaves: a deadline would end the change. */
const answer =
  (checkpoint: Identifiers.CheckpointId) =>
  <A>(change: Effect.Effect<A, PermissionsError.PermissionsError>) =>
    change.pipe(
      Effect.catchAll(toApi(checkpoint)),
      Effect.timeoutTo({ duration: deadline, onSuccess: Effect.succeed, onTimeout: () => tryAgain(10) }),
      Effect.flatten,
      Effect.map((result) => ({ result }))
    )

const AccessLive = HttpApiBuilder.group(Api, "access", (handlers) =>
  Effect.map(ModelAccess, ({ grant, list, revoke }) =>
    handlers
      .handle("list", ({ urlParams: { checkpoint } }) =>
        list(checkpoint).pipe(
          Effect.catchAll(toApi(checkpoint)),
          Effect.map((projects) => ({ projects }))
        )
      )
      .handle("grant", ({ payload: { checkpoint, project } }) => answer(checkpoint)(grant(checkpoint, project)))
      .handle("revoke", ({ urlParams: { checkpoint, project } }) => answer(checkpoint)(revoke(checkpoint, project)))
  )
)

/** The handlers; `HttpApiBuilder.serve` makes a server of them. */
export const ApiLive = HttpApiBuilder.api(Api).pipe(Layer.provide(AccessLive), Layer.provide(AuthorizationLive))
