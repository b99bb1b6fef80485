/** The API of the service. It contains no server code, so a client can import it. */
import { Identifiers } from "@checkpoint-permissions/core"
import {
  HttpApi,
  HttpApiEndpoint,
  HttpApiError,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  HttpApiSecurity
} from "@effect/platform"
import { Schema } from "effect"

const Access = Schema.Struct({ checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId })

export class CheckpointNotFound extends Schema.TaggedError<CheckpointNotFound>()(
  "CheckpointNotFound",
  { checkpoint: Identifiers.CheckpointId },
  HttpApiSchema.annotations({ status: 404 })
) {}

/**
 * OpenAI does not answer in time, or asks us to wait: `seconds`, also as `Retry-After`. The request can be sent again: a
 * grant is never doubled.
 */
export class TryAgain extends Schema.TaggedError<TryAgain>()(
  "TryAgain",
  { seconds: Schema.Int },
  HttpApiSchema.annotations({ status: 503 })
) {}

/** Asks for the token of the service. */
export class Authorization extends HttpApiMiddleware.Tag<Authorization>()("Authorization", {
  failure: HttpApiError.Unauthorized,
  security: { bearer: HttpApiSecurity.bearer }
}) {}

export class Api extends HttpApi.make("access-service").add(
  HttpApiGroup.make("access")
    .add(
      HttpApiEndpoint.get("list", "/access")
        .setUrlParams(Schema.Struct({ checkpoint: Identifiers.CheckpointId }))
        .addSuccess(Schema.Struct({ projects: Schema.Array(Identifiers.ProjectId) }))
    )
    .add(
      HttpApiEndpoint.put("grant", "/access")
        .setPayload(Access)
        .addSuccess(
          Schema.Struct({ result: Schema.Literal("granted", "alreadyGranted", "ownerProjects", "notListedYet") })
        )
    )
    .add(
      HttpApiEndpoint.del("revoke", "/access")
        .setUrlParams(Access)
        .addSuccess(Schema.Struct({ result: Schema.Literal("revoked", "absent", "ownerProjects") }))
    )
    .addError(CheckpointNotFound)
    .addError(TryAgain)
    .middleware(Authorization)
) {}
