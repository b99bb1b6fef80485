import type { Reply, ServerRequest } from "../../http.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import { shown } from "../checks.ts"
import { errors } from "../errors.ts"
import { type Params, router } from "../router.ts"
import { type Endpoint, endpoints } from "./endpoints.ts"
import { refused } from "./reply.ts"

export interface Base {
  /** The origin, for example `https://api.openai.com`; `undefined` for any. */
  readonly origin: string | undefined
  readonly path: string
}

const urlOf = (text: unknown): URL | undefined => {
  if (typeof text !== "string") return undefined
  const whole = text.startsWith("/") ? `http://any${text}` : text
  return /^https?:\/\/[^/@]+(?:\/[^?#]*)?$/i.test(whole) && URL.canParse(whole) ? new URL(whole) : undefined
}

/** Reads a base URL. Throws `InvalidSetting`. */
export const parse = (text: string): Base => {
  const url = urlOf(text)
  if (url === undefined) {
    throw new InvalidSetting(
      "options.baseUrl",
      `expected a URL such as "https://fake.example/v1", or a path such as "/v1", got ${shown(text)}`
    )
  }
  return { origin: text.startsWith("/") ? undefined : url.origin, path: url.pathname.replace(/\/+$/, "") }
}

/** Returns true if an absolute URL names another server. A relative one is for this server. */
export const isElsewhere = ({ origin }: Base, url: string): boolean =>
  origin !== undefined && /^https?:/i.test(url) && URL.canParse(url) && new URL(url).origin !== origin

interface Matched {
  readonly endpoint: Endpoint
  readonly params: Params
}

/** The endpoint of a request, or the refusal if there is none. */
export type Route = Matched | Reply

const find = router(endpoints)

export const route = (request: ServerRequest, base: Base): Route => {
  const basePath = request.basePath ?? base.path
  const isOurs = !isElsewhere(base, request.url) && request.path.startsWith(`${basePath}/`)
  const found = isOurs ? find(request.method, request.path.slice(basePath.length)) : undefined
  if (typeof found === "object") return found
  return refused(
    found === undefined
      ? errors.unknown_url(request.method, request.path)
      : errors.method_not_supported(request.method, request.path, found)
  )
}
