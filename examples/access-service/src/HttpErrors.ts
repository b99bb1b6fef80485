/** The reply of a server to each error of OpenAI's API. */
import type { PermissionsError } from "@checkpoint-permissions/core"
import { Duration } from "effect"

export type Reply =
  | { readonly status: 400 | 404 | 500 }
  /** `Retry-After`, in seconds. */
  | { readonly status: 503; readonly retryAfter: number }

/** A caller can fix an unknown or invalid id, or try again later. The message of any other error is for an operator. */
export const replyTo = (error: PermissionsError.PermissionsError): Reply => {
  switch (error._tag) {
    case "InvalidInputError":
      return { status: 400 }
    case "NotFoundError":
      return { status: 404 }
    case "RateLimitError":
    case "ServerError":
    case "ConnectionError":
    case "RequestTimeoutError":
    case "ConflictError":
    case "IncompleteListingError":
      return { status: 503, retryAfter: Math.ceil(Duration.toSeconds(error.retryAfter ?? "10 seconds")) }
    case "AuthenticationError":
    case "MissingScopeError":
    case "PermissionDeniedError":
    case "QuotaExhaustedError":
    case "BadRequestError":
    case "InvalidResponseError":
      return { status: 500 }
  }
}
