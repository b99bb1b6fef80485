/** A contender on Node 22 in a process of its own: as `process/worker.ts`, for Effect 4. */
import type * as HttpClient from "effect-4/http/HttpClient"
import type * as Layer from "effect-4/Layer"
import type { Contender } from "../contenders/contender.ts"
import { serve } from "../process/serve.ts"

/** `@effect/platform-node` 4 is not in this workspace. */
const platformNode: string = "@effect/platform-node/NodeHttpClient"

const load = async (name: string, baseUrl: string): Promise<Contender> => {
  if (name === "openai") return (await import("../contenders/openai.ts")).make(baseUrl)
  const { layerUndici }: { readonly layerUndici: Layer.Layer<HttpClient.HttpClient> } = await import(platformNode)
  return (await import("./ours.ts")).make(baseUrl, layerUndici)
}

const [, , name = "", baseUrl = ""] = process.argv
serve(await load(name, baseUrl))
