import * as Routes from "@checkpoint-permissions/core/Routes"
import * as Option from "effect/Option"
import { failure } from "./envelope.ts"
import type { Reply, ServerRequest } from "./http.ts"

export type Operation = "list" | "create" | "delete"

export type Route =
  | { readonly _tag: "List"; readonly operation: "list"; readonly checkpoint: string }
  | { readonly _tag: "Create"; readonly operation: "create"; readonly checkpoint: string }
  | {
      readonly _tag: "Delete"
      readonly operation: "delete"
      readonly checkpoint: string
      readonly permissionId: string
    }
  | { readonly _tag: "Refused"; readonly reply: Reply }

const marker = "/fine_tuning/checkpoints/"

const refused = (reply: Reply): Route => ({ _tag: "Refused", reply })

const methodNotAllowed = (request: ServerRequest, allowed: string): Route =>
  refused(
    failure(
      405,
      `Not allowed to ${request.method} on ${request.path}. (HINT: Perhaps you meant to make the request with: ${allowed}.)`,
      { code: "method_not_supported", headers: { allow: allowed } }
    )
  )

/** What a request asks for. Whatever comes before `/fine_tuning/checkpoints` is the base path. */
export const route = (request: ServerRequest): Route => {
  const base = request.path.slice(0, Math.max(0, request.path.indexOf(marker)))
  const match = Option.getOrUndefined(Routes.match(base, request.path))
  if (match === undefined) {
    return refused(failure(404, `Invalid URL (${request.method} ${request.path})`, { code: "unknown_url" }))
  }
  const { checkpoint } = match
  if (match._tag === "Permission") {
    return request.method === "DELETE"
      ? { _tag: "Delete", operation: "delete", checkpoint, permissionId: match.permissionId }
      : methodNotAllowed(request, "DELETE")
  }
  switch (request.method) {
    case "GET":
      return { _tag: "List", operation: "list", checkpoint }
    case "POST":
      return { _tag: "Create", operation: "create", checkpoint }
    default:
      return methodNotAllowed(request, "GET, POST")
  }
}
