/** The API on `ModelAccess`. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { Identifiers, PermissionsError } from "@checkpoint-permissions/effect4"
import { Config, Effect, Layer, Redacted } from "effect"
import { HttpApiBuilder, HttpApiError } from "effect/http-api"
import { Api, Authorization, CheckpointNotFound, TryAgain } from "./Api.ts"
import { ModelAccess } from "./ModelAccess.ts"

const digest = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest()

export const AuthorizationLive = Layer.effect(
  Authorization,
  Effect.gen(function* () {
    const expected = digest(yield* Config.Redacted("SERVICE_TOKEN"))
    return {
      bearer: (handler, { credential }) =>
        timingSafeEqual(digest(credential), expected) ? handler : Effect.fail(new HttpApiError.Unauthorized({}))
    }
  })
)

/**
 * What a caller can act on is an error of the API. What it cannot, such as our key being refused, is a defect: the
 * caller gets 500, and the log says what to do.
 */
const answer =
  (checkpoint: Identifiers.CheckpointId) =>
  <A, R>(self: Effect.Effect<A, PermissionsError.PermissionsError, R>) =>
    self.pipe(
      Effect.catch((error) =>
        error._tag === "NotFoundError"
          ? Effect.fail<CheckpointNotFound | TryAgain>(new CheckpointNotFound({ checkpoint }))
          : error.isRetryable || error.mayHaveExecuted
            ? Effect.fail(new TryAgain())
            : Effect.die(error)
      ),
      // A used-up quota can take a minute to refill. A caller waits less; a grant in flight is finished all the same.
      Effect.timeoutOrElse({ duration: "20 seconds", orElse: () => Effect.fail(new TryAgain()) })
    )

/** The handlers; `HttpApiBuilder.layer` makes routes of them. */
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
