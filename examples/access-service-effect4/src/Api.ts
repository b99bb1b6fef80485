/** The endpoints and their errors. It contains no server code, so a client can import it. */
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

const Access = { checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId }

export class CheckpointNotFound extends Schema.TaggedError<CheckpointNotFound>()(
  "CheckpointNotFound",
  { checkpoint: Identifiers.CheckpointId },
  { httpApiStatus: 404 }
) {}

/** OpenAI does not reply in time, or asks to wait. The request can be sent again: a grant makes no duplicate. */
export class TryAgain extends Schema.TaggedError<TryAgain>()(
  "TryAgain",
  { seconds: Schema.Int },
  { httpApiStatus: 503 }
) {}

/** Requires the token of the service. */
export class Authorization extends HttpApiMiddleware.Service<Authorization>()("Authorization", {
  requiredForClient: true,
  security: { bearer: HttpApiSecurity.bearer },
  error: HttpApiError.Unauthorized
}) {}

const errors = [CheckpointNotFound, TryAgain] as const

export class Api extends HttpApi.make("access-service").add(
  HttpApiGroup.make("access")
    .add(
      HttpApiEndpoint.get("list", "/access", {
        query: { checkpoint: Identifiers.CheckpointId },
        success: Schema.Struct({ projects: Schema.Array(Identifiers.ProjectId) }),
        error: errors
      })
    )
    .add(
      HttpApiEndpoint.put("grant", "/access", {
        payload: Schema.Struct(Access),
        success: Schema.Struct({
          result: Schema.Literals(["granted", "alreadyGranted", "ownerProjects", "notListedYet"])
        }),
        error: errors
      })
    )
    .add(
      HttpApiEndpoint.delete("revoke", "/access", {
        query: Access,
        success: Schema.Struct({ result: Schema.Literals(["revoked", "absent", "ownerProjects"]) }),
        error: errors
      })
    )
    .middleware(Authorization)
) {}
