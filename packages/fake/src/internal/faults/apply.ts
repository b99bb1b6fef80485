import type { Outcome, Reply } from "../../http.ts"
import { dropped, html, json, replied, wholeText } from "../api/reply.ts"
import { isRecord } from "../checks.ts"
import type { Fault, PageDefect } from "./fault.ts"

const utf8 = new TextEncoder()

const withoutLastId = (items: unknown): unknown =>
  Array.isArray(items)
    ? items.map((item: unknown, i) => {
        if (i < items.length - 1 || !isRecord(item)) return item
        const { id: _, ...rest } = item
        return rest
      })
    : items

type Page = Readonly<Record<string, unknown>>

const defects: Readonly<Record<PageDefect, (page: Page, after: string | undefined) => unknown>> = {
  "repeated-cursor": (page, after) => ({ ...page, has_more: true, last_id: after }),
  "missing-has-more": ({ has_more: _, ...rest }) => rest,
  "has-more-yes": (page) => ({ ...page, has_more: "yes" }),
  "null-last-id": (page) => ({ ...page, last_id: null }),
  "missing-last-id": ({ last_id: _, ...rest }) => rest,
  "data-not-list": (page) => ({ ...page, data: { items: page["data"] } }),
  "item-without-id": (page) => ({ ...page, data: withoutLastId(page["data"]) })
}

type AfterWork = Extract<
  Fault,
  { readonly _tag: "Endless" | "FalseGzip" | "LateWork" | "Latency" | "Page" | "TruncatedBody" }
>

const spoiled = (reply: Reply, fault: AfterWork, after: string | undefined): Reply => {
  const text = wholeText(reply)
  const part = (share: number): string => text.slice(0, Math.floor(text.length * share))
  switch (fault._tag) {
    case "TruncatedBody": {
      if (fault.then === "end") return { ...reply, body: { _tag: "Text", text: part(fault.share) } }
      return { ...reply, body: { _tag: "Cut", text, bytes: Math.floor(utf8.encode(text).length * fault.share) } }
    }
    case "Page": {
      const page: unknown = reply.status === 200 ? JSON.parse(text) : undefined
      return isRecord(page) ? json(200, defects[fault.defect](page, after)) : reply
    }
    case "Endless": {
      const { chunk, every: everyMillis } = fault
      return { ...reply, body: { _tag: "Endless", text: part(0.5), chunk: " ".repeat(chunk), everyMillis } }
    }
    case "FalseGzip": {
      const headers = { ...reply.headers, "content-encoding": "gzip" }
      return { ...reply, headers, body: { _tag: "FalseGzip", text } }
    }
    case "LateWork":
    case "Latency":
      return reply
  }
}

/**
 * Returns the outcome under a fault. `work` executes the request. It is called once if the fault lets the request
 * execute, otherwise never.
 */
export const apply = (fault: Fault, after: string | undefined, work: () => Reply): Outcome => {
  switch (fault._tag) {
    case "Reply":
      if (fault.worked) work()
      return replied({ status: fault.status, headers: fault.headers, body: { _tag: "Text", text: fault.body } })
    case "Html":
      if (fault.worked) work()
      return replied(html(fault.status, fault.status === 200 ? "Sign in" : `${fault.status} Bad Gateway`))
    case "Redirect":
      return replied({ ...html(fault.status, `${fault.status} Moved`), headers: { location: fault.location } })
    case "Huge":
      return replied({
        status: fault.status,
        headers: { "content-type": "text/html", "content-length": String(fault.bytes) },
        body: { _tag: "Repeated", chunk: " ", times: fault.bytes }
      })
    case "DropBefore":
      return dropped(fault.code, true)
    case "DropAfter":
      work()
      return dropped(fault.code, false)
    default:
      return replied(spoiled(work(), fault, after))
  }
}
