/** The floor: `undici`, `JSON.parse` and a loop. Nothing is checked. */
import { request } from "undici"
import { key, type Make, sleep, workers } from "./contender.ts"
import type { Page } from "./page.ts"

export const make: Make = (baseUrl) => {
  const headers = { authorization: `Bearer ${key}`, accept: "application/json" }
  const ask = async (checkpoint: string, limit: number | undefined, after: string | undefined): Promise<Page> => {
    const query = new URLSearchParams()
    if (limit !== undefined) query.set("limit", String(limit))
    if (after !== undefined) query.set("after", after)
    const url = `${baseUrl}/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
    const { body } = await request(query.size === 0 ? url : `${url}?${query}`, { headers })
    return JSON.parse(await body.text())
  }
  return {
    stream: async (checkpoint, limit) => {
      let sum = 0
      let after: string | undefined
      do {
        const page = await ask(checkpoint, limit, after)
        for (const permission of page.data) sum += permission.project_id.length
        after = page.has_more ? page.last_id : undefined
      } while (after !== undefined)
      return sum
    },
    slowly: async (checkpoint, limit, pause) => {
      let sum = 0
      let after: string | undefined
      do {
        const page = await ask(checkpoint, limit, after)
        await sleep(pause)
        sum += page.data.length
        after = page.has_more ? page.last_id : undefined
      } while (after !== undefined)
      return sum
    },
    lists: (checkpoint, count, concurrency) =>
      workers(count, concurrency, async () => (await ask(checkpoint, undefined, undefined)).data.length)
  }
}
