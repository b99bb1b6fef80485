/** The transport of Effect 4. Its package is not in this workspace, since it needs a newer Node. */
import type * as HttpClient from "effect-4/http/HttpClient"
import type * as Layer from "effect-4/Layer"

const name: string = "@effect/platform-node/NodeHttpClient"

export const { layerUndici }: { readonly layerUndici: Layer.Layer<HttpClient.HttpClient> } = await import(name)
