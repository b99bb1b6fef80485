import type { Reply, ServerRequest } from "../../http.ts"
import { type Params, router } from "../router.ts"
import { type Base, isElsewhere } from "./base.ts"
import { type Endpoint, endpoints } from "./endpoints.ts"
import { failure } from "./envelope.ts"

/** What a request asks for. */
export interface Matched {
  readonly endpoint: Endpoint
  readonly params: Params
}

/** What a request asks for, or the refusal of what nobody can ask for. */
export type Route = Matched | Reply

const find = router(endpoints)

export const route = (request: ServerRequest, base: Base): Route => {
  const basePath = request.basePath ?? base.path
  const isOurs = !isElsewhere(base, request.url) && request.path.startsWith(`${basePath}/`)
  const found = isOurs ? find(request.method, request.path.slice(basePath.length)) : undefined
  if (typeof found === "object") return found
  return found === undefined
    ? failure(404, `Invalid URL (${request.method} ${request.path})`, { code: "unknown_url" })
    : failure(
        405,
        `Not allowed to ${request.method} on ${request.path}. (HINT: Perhaps you meant to make the request with: ${found}.)`,
        { code: "method_not_supported", headers: { allow: found } }
      )
}
