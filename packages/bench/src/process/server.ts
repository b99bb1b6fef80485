/**
 * The server of the measurements, in its own process. It computes a page at its first request, which is in the warm-up,
 * and sends the same bytes afterwards.
 *
 * The id of the checkpoint contains the number of permissions: `ft:bench:<permissions>`.
 */
import { createServer } from "node:http"

const cached = new Map<string, Buffer>()

const id = (n: number): string => `cp_${String(n).padStart(24, "0")}`

const item = (n: number) => ({
  id: id(n),
  object: "checkpoint.permission",
  created_at: 1_721_764_867 + n,
  project_id: `proj_${String(n).padStart(24, "0")}`
})

const pageOf = (total: number, limit: number, after: number): Buffer => {
  const key = `${total}/${limit}/${after}`
  const known = cached.get(key)
  if (known !== undefined) return known
  const end = Math.min(total, after + limit)
  const data = Array.from({ length: end - after }, (_, index) => item(after + index + 1))
  const page = Buffer.from(
    JSON.stringify({
      object: "list",
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: end < total
    })
  )
  cached.set(key, page)
  return page
}

const server = createServer({ keepAlive: true }, (request, response) => {
  const [path = "", query = ""] = (request.url ?? "").split("?")
  const [, , total = "0"] = decodeURIComponent(path.split("/")[4] ?? "").split(":")
  const params = new URLSearchParams(query)
  const after = Number(params.get("after")?.slice(3) ?? 0)
  const page = pageOf(Number(total), Number(params.get("limit") ?? 10), after)
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": page.length,
    "x-request-id": "req_0123456789abcdef"
  })
  response.end(page)
})

server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) process.send?.({ url: `http://127.0.0.1:${address.port}/v1` })
})
process.on("disconnect", () => process.exit())
