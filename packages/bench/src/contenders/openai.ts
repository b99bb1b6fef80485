/** The official SDK, at its defaults but for the base URL. */
import OpenAI from "openai"
import { key, type Make, sleep, workers } from "./contender.ts"

export const make: Make = (baseURL) => {
  const { permissions } = new OpenAI({ apiKey: key, adminAPIKey: key, baseURL }).fineTuning.checkpoints
  return {
    stream: async (checkpoint, limit) => {
      let sum = 0
      for await (const permission of permissions.list(checkpoint, limit === undefined ? {} : { limit })) {
        sum += permission.project_id.length
      }
      return sum
    },
    slowly: async (checkpoint, limit, pause) => {
      let sum = 0
      const first = await permissions.list(checkpoint, { limit })
      for await (const page of first.iterPages()) {
        await sleep(pause)
        sum += page.data.length
      }
      return sum
    },
    lists: (checkpoint, count, concurrency) =>
      workers(count, concurrency, async () => (await permissions.list(checkpoint)).data.length)
  }
}
