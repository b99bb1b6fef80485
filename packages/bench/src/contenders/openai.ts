/** The official SDK, with its defaults, except for the base URL. */
import OpenAI from "openai"
import { key, type Make, pageSize } from "./contender.ts"

export const make: Make = (baseURL) => {
  const { permissions } = new OpenAI({ apiKey: key, adminAPIKey: key, baseURL }).fineTuning.checkpoints
  return {
    stream: async (checkpoint) => {
      let sum = 0
      for await (const permission of permissions.list(checkpoint, { limit: pageSize })) {
        sum += permission.project_id.length
      }
      return sum
    },
    lists: async (checkpoint, count) => {
      let sum = 0
      for (let i = 0; i < count; i++) sum += (await permissions.list(checkpoint)).data.length
      return sum
    }
  }
}
