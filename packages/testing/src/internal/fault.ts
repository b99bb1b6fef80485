import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Fault, PageDefect } from "./faultModel.ts"
import type { Outcome, Reply } from "./http.ts"
import { html, json, wholeText } from "./http.ts"

const parse = Schema.decodeUnknownOption(Schema.parseJson())

const replied = (reply: Reply): Outcome => ({ _tag: "Replied", reply })

export const dropped = (code: string, before: boolean): Outcome => ({ _tag: "Dropped", code, before })

const withText = (reply: Reply, text: string): Reply => ({ ...reply, body: { _tag: "Text", text } })

const withoutId = (items: unknown): unknown =>
  Array.isArray(items)
    ? items.map((item, i) => {
        if (i < items.length - 1 || !Predicate.isRecord(item)) return item
        const { id: _, ...rest } = item
        return rest
      })
    : items

const defective = (page: Record<string, unknown>, defect: PageDefect, after: string | undefined): unknown => {
  const { has_more: hasMore, last_id: lastId, ...rest } = page
  switch (defect) {
    case "repeated-cursor":
      return { ...page, has_more: true, last_id: after }
    case "missing-has-more":
      return { ...rest, last_id: lastId }
    case "has-more-yes":
      return { ...page, has_more: "yes" }
    case "null-last-id":
      return { ...page, last_id: null }
    case "missing-last-id":
      return { ...rest, has_more: hasMore }
    case "data-not-list":
      return { ...page, data: { items: page["data"] } }
    case "item-without-id":
      return { ...page, data: withoutId(page["data"]) }
  }
}

const utf8 = new TextEncoder()

/**
 * What a client gets in place of the server's reply. `work` is called once if
 * the server did the work, else not at all.
 */
export const apply = (fault: Fault, after: string | undefined, work: () => Reply): Outcome => {
  switch (fault._tag) {
    case "Reply": {
      if (fault.worked) work()
      return replied({
        status: fault.status,
        headers: fault.headers,
        body: { _tag: "Text", text: fault.body }
      })
    }
    case "Html": {
      if (fault.worked) work()
      return replied(html(fault.status, fault.status === 200 ? "Sign in" : `${fault.status} Bad Gateway`))
    }
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
    case "LateWork":
    case "Latency":
      return replied(work())
    case "TruncatedBody": {
      const reply = work()
      const text = wholeText(reply)
      const bytes = Math.floor(utf8.encode(text).length * fault.share)
      return replied(
        fault.then === "drop"
          ? { ...reply, body: { _tag: "Cut", text, bytes } }
          : withText(reply, text.slice(0, Math.floor(text.length * fault.share)))
      )
    }
    case "Page": {
      const reply = work()
      const page = Option.getOrUndefined(parse(wholeText(reply)))
      return replied(
        reply.status === 200 && Predicate.isRecord(page) ? json(200, defective(page, fault.defect, after)) : reply
      )
    }
    case "Endless": {
      const reply = work()
      const text = wholeText(reply)
      return replied({
        ...reply,
        body: {
          _tag: "Endless",
          text: text.slice(0, Math.floor(text.length / 2)),
          chunk: " ".repeat(fault.chunk),
          everyMillis: fault.every
        }
      })
    }
    case "FalseGzip": {
      const reply = work()
      return replied({
        ...reply,
        headers: { ...reply.headers, "content-encoding": "gzip" },
        body: { _tag: "FalseGzip", text: wholeText(reply) }
      })
    }
  }
}
