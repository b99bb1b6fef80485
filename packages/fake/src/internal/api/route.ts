import type { Reply, ServerRequest } from "../../http.ts"
import type { Operation } from "../faults/model.ts"
import { resourceOf } from "../organization/route.ts"
import { type Base, isElsewhere } from "./base.ts"
import { failure } from "./envelope.ts"

/** What a request asks for. */
export type Route =
  | { readonly _tag: "List"; readonly operation: "list"; readonly checkpoint: string }
  | { readonly _tag: "Create"; readonly operation: "create"; readonly checkpoint: string }
  | {
      readonly _tag: "Delete"
      readonly operation: "delete"
      readonly checkpoint: string
      readonly permissionId: string
    }
  /** Next to checkpoint permissions; `id` is that of a job or a project. */
  | { readonly _tag: "Organization"; readonly operation: Operation; readonly id: string }
  | { readonly _tag: "Refused"; readonly reply: Reply }

const methodNotAllowed = (request: ServerRequest, allowed: string): Route => ({
  _tag: "Refused",
  reply: failure(
    405,
    `Not allowed to ${request.method} on ${request.path}. (HINT: Perhaps you meant to make the request with: ${allowed}.)`,
    { code: "method_not_supported", headers: { allow: allowed } }
  )
})

const notFound = (request: ServerRequest): Route => ({
  _tag: "Refused",
  reply: failure(404, `Invalid URL (${request.method} ${request.path})`, { code: "unknown_url" })
})

/** `undefined` if it is not percent-encoded UTF-8. */
const decoded = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

const organizationRoute = (request: ServerRequest, path: string): Route => {
  const resource = resourceOf(path)
  const id = decoded(resource?.id ?? "")
  if (resource === undefined || id === undefined) return notFound(request)
  const operation = Object.hasOwn(resource.methods, request.method) ? resource.methods[request.method] : undefined
  return operation === undefined
    ? methodNotAllowed(request, Object.keys(resource.methods).join(", "))
    : { _tag: "Organization", operation, id }
}

const parent = "/fine_tuning/checkpoints/"

export const route = (request: ServerRequest, base: Base): Route => {
  const basePath = request.basePath ?? base.path
  if (isElsewhere(base, request.url) || !request.path.startsWith(`${basePath}/`)) return notFound(request)
  const path = request.path.slice(basePath.length)
  if (!path.startsWith(parent)) return organizationRoute(request, path)
  const [first = "", collection, last, ...rest] = path.slice(parent.length).split("/")
  const checkpoint = decoded(first)
  if (!checkpoint || collection !== "permissions" || rest.length > 0) return notFound(request)
  if (last === undefined) {
    switch (request.method) {
      case "GET":
        return { _tag: "List", operation: "list", checkpoint }
      case "POST":
        return { _tag: "Create", operation: "create", checkpoint }
      default:
        return methodNotAllowed(request, "GET, POST")
    }
  }
  const permissionId = decoded(last)
  if (!permissionId) return notFound(request)
  return request.method === "DELETE"
    ? { _tag: "Delete", operation: "delete", checkpoint, permissionId }
    : methodNotAllowed(request, "DELETE")
}
