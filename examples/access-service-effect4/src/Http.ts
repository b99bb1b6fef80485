/** The handlers of the API on `ModelAccess`. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/effect4"
import { Config, Duration, Effect, Layer, Redacted } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiError } from "effect/http-api"
import { Api, Authorization, CheckpointNotFound, TryAgain } from "./Api.ts"
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

/** The errors of OpenAI or the network that may be gone at the next attempt. */
const passing: ReadonlySet<PermissionsError.PermissionsError["_tag"]> = new Set([
  "RateLimitError",
  "ServerError",
  "ConnectionError",
  "RequestTimeoutError",
  "ConflictError",
  "IncompleteListingError"
] as const)

const tryAgain = (after: Duration.Duration = Duration.seconds(10)) =>
  Effect.fail(new TryAgain({ seconds: Math.ceil(Duration.toSeconds(after)) }))

/**
 * Maps errors to those of the API. An error that no caller can fix, such as a refused admin key, is a defect: the
 * caller gets 500, and the log has the message.
 */
const answer =
  (checkpoint: Identifiers.CheckpointId) =>
  <A, R>(self: Effect.Effect<A, PermissionsError.PermissionsError, R>) =>
    self.pipe(
      Effect.catch((error) =>
        error._tag === "NotFoundError"
          ? Effect.fail<CheckpointNotFound | TryAgain>(new CheckpointNotFound({ checkpoint }))
          : passing.has(error._tag)
            ? tryAgain(error.retryAfter)
            : Effect.die(error)
      ),
      Effect.timeoutOrElse({ duration: "20 seconds", orElse: () => tryAgain() }),
      Effect.tapErrorTag("TryAgain", ({ seconds }) =>
        HttpEffect.appendPreResponseHandler((_, response) =>
          Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(seconds)))
        )
      )
    )

/** The handlers, without the check of the token. */
export const AccessLive = HttpApiBuilder.group(
  Api,
  "access",
  Effect.fn(function* (handlers) {
    const { check, grant } = yield* ModelAccess
    return handlers.handleAll({
      check: ({ query: { checkpoint, project } }) =>
        check(checkpoint, project).pipe(
          answer(checkpoint),
          Effect.map((granted) => ({ granted }))
        ),
      grant: ({ payload: { checkpoint, project } }) =>
        grant(checkpoint, project).pipe(
          answer(checkpoint),
          Effect.map((outcome) => ({ outcome }))
        )
    })
  })
)
