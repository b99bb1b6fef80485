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

/** The segment that a percent-encoded one stands for; `undefined` when it is empty or not UTF-8. */
const decoded = (segment: string | undefined): string | undefined => {
  if (segment === undefined) return undefined
  try {
    return decodeURIComponent(segment) || undefined
  } catch {
    return undefined
  }
}

interface Match {
  readonly checkpoint: string
  readonly permissionId: string | undefined
}

/** Takes a path apart. Whatever comes before `/fine_tuning/checkpoints` is the base path. */
const match = (path: string): Match | undefined => {
  const start = path.indexOf(marker)
  if (start < 0) return undefined
  const segments = path.slice(start + marker.length).split("/")
  const checkpoint = decoded(segments[0])
  const permissionId = decoded(segments[2])
  if (checkpoint === undefined || segments[1] !== "permissions" || segments.length > 3) return undefined
  return segments.length === 3 && permissionId === undefined ? undefined : { checkpoint, permissionId }
}

/** What a request asks for. */
export const route = (request: ServerRequest): Route => {
  const matched = match(request.path)
  if (matched === undefined) {
    return refused(failure(404, `Invalid URL (${request.method} ${request.path})`, { code: "unknown_url" }))
  }
  const { checkpoint, permissionId } = matched
  if (permissionId !== undefined) {
    return request.method === "DELETE"
      ? { _tag: "Delete", operation: "delete", checkpoint, permissionId }
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
