/** What the service offers. It holds no server code, so a client can import it. */
import { Identifiers } from "@checkpoint-permissions/effect4"
import { Schema } from "effect"
import {
  HttpApi,
  HttpApiEndpoint,
  HttpApiError,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSecurity
} from "effect/http-api"

const access = { checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId }

export class CheckpointNotFound extends Schema.TaggedError<CheckpointNotFound>()(
  "CheckpointNotFound",
  { checkpoint: Identifiers.CheckpointId },
  { httpApiStatus: 404 }
) {}

/** OpenAI does not answer in time, or asks us to wait. The request can be sent again: a grant is never doubled. */
export class TryAgain extends Schema.TaggedError<TryAgain>()("TryAgain", {}, { httpApiStatus: 503 }) {}

/** Asks for the token of the service. */
export class Authorization extends HttpApiMiddleware.Service<Authorization>()("Authorization", {
  error: HttpApiError.Unauthorized,
  requiredForClient: true,
  security: { bearer: HttpApiSecurity.bearer }
}) {}

export class Api extends HttpApi.make("access-service").add(
  HttpApiGroup.make("access")
    .add(
      HttpApiEndpoint.get("check", "/access", {
        query: access,
        success: Schema.Struct({ granted: Schema.Boolean }),
        error: [CheckpointNotFound, TryAgain]
      }),
      HttpApiEndpoint.put("grant", "/access", {
        payload: Schema.Struct(access),
        success: Schema.Struct({ outcome: Schema.Literals(["granted", "already-granted", "owner"]) }),
        error: [CheckpointNotFound, TryAgain]
      })
    )
    .middleware(Authorization)
) {}
