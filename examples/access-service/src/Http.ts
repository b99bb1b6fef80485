/** The API on `ModelAccess`. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { HttpApiBuilder, HttpApiError, HttpApp, HttpServerResponse } from "@effect/platform"
import { Config, Duration, Effect, Layer, Redacted } from "effect"
import { Api, Authorization, CheckpointNotFound, TryAgain } from "./Api.ts"
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
  new TryAgain({ seconds: Math.ceil(Duration.toSeconds(after)) })

/**
 * Errors that a caller can act on are errors of the API. Others, such as a refused key, are defects: the
 * caller gets 500, and the log says what to do.
 */
const answer =
  (checkpoint: Identifiers.CheckpointId) =>
  <A, R>(self: Effect.Effect<A, PermissionsError.PermissionsError, R>) =>
    self.pipe(
      Effect.catchAll((error) =>
        error._tag === "NotFoundError"
          ? Effect.fail<CheckpointNotFound | TryAgain>(new CheckpointNotFound({ checkpoint }))
          : passing.has(error._tag)
            ? Effect.fail(tryAgain(error.retryAfter))
            : Effect.die(error)
      ),
      // A used-up quota can take a minute to refill. The caller leaves sooner, and the grant continues in the background.
      Effect.disconnect,
      Effect.timeoutFail({ duration: "20 seconds", onTimeout: () => tryAgain() }),
      Effect.tapErrorTag("TryAgain", ({ seconds }) =>
        HttpApp.appendPreResponseHandler((_, response) =>
          Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(seconds)))
        )
      )
    )

const AccessLive = HttpApiBuilder.group(Api, "access", (handlers) =>
  Effect.map(ModelAccess, ({ check, grant }) =>
    handlers
      .handle("check", ({ urlParams: { checkpoint, project } }) =>
        check(checkpoint, project).pipe(
          answer(checkpoint),
          Effect.map((granted) => ({ granted }))
        )
      )
      .handle("grant", ({ payload: { checkpoint, project } }) =>
        grant(checkpoint, project).pipe(
          answer(checkpoint),
          Effect.map((outcome) => ({ outcome }))
        )
      )
  )
)

/** The handlers; `HttpApiBuilder.serve` makes a server of them. */
export const ApiLive = HttpApiBuilder.api(Api).pipe(Layer.provide(AccessLive), Layer.provide(AuthorizationLive))
