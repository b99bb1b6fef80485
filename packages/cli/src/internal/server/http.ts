/** The HTTP client of Node, through the proxy that the environment names. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { wrongUse } from "../failure.ts"
import { variable } from "../input/environment.ts"

const isProxy = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** The address may hold a password: it is not repeated. */
const wrong = (name: string) =>
  wrongUse(`${name} is not a proxy: set it to an address such as http://proxy.example.com:8080, or unset it`)

const dispatcher = Effect.gen(function* () {
  // The lower case name has precedence, as with other programs.
  const httpsProxy = yield* variable("https_proxy", "HTTPS_PROXY")
  const httpProxy = yield* variable("http_proxy", "HTTP_PROXY")
  const noProxy = yield* variable("no_proxy", "NO_PROXY")
  if (httpsProxy !== undefined && !isProxy(httpsProxy)) return yield* wrong("HTTPS_PROXY")
  if (httpProxy !== undefined && !isProxy(httpProxy)) return yield* wrong("HTTP_PROXY")
  const make = (): Undici.Dispatcher =>
    httpsProxy === undefined && httpProxy === undefined
      ? new Undici.Agent()
      : new Undici.EnvHttpProxyAgent({
          httpProxy: httpProxy ?? "",
          httpsProxy: httpsProxy ?? "",
          noProxy: noProxy ?? ""
        })
  return yield* Effect.acquireRelease(Effect.sync(make), (made) => Effect.promise(() => made.destroy()))
})

export const layer = Effect.succeed(
  Layer.provide(NodeHttpClient.layerUndiciWithoutDispatcher, Layer.scoped(NodeHttpClient.Dispatcher, dispatcher))
)
