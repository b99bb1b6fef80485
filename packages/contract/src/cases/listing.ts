/** What a listing makes of pages: when it goes on, ends, recovers and fails. Each is named by a letter, its project too. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { stream } from "../builders.ts"
import type { Case } from "../model.ts"

interface Expected {
  /** The permissions that it gives. */
  readonly gives: string
  /** What it asks for, one after the other: the start, the end, or what comes after a cursor. */
  readonly asks: string
  /** What it fails with, besides from where it can be resumed: the last permission that it gave. */
  readonly fails?: string
  /** Why it cannot be trusted. */
  readonly because?: string
}

const itemOf = (id: string) => ({ id, object: "checkpoint.permission", created_at: 0, project_id: id })
const itemsOf = (ids: string) => ids.split(" ").filter((id) => id !== "")
const page = (ids: string, has_more: boolean, last_id: string | null | undefined) => {
  const data = itemsOf(ids).map(itemOf)
  return faults.reply(200, { body: { object: "list", data, first_id: data[0]?.id ?? null, last_id, has_more } })
}
/** A page after which there is more, from the last item on or from another cursor. */
const more = (ids: string, cursor: string | null = itemsOf(ids).at(-1) ?? null) => page(ids, true, cursor)
const withoutLastId = (ids: string) => page(ids, true, undefined)
const last = (ids: string) => page(ids, false, itemsOf(ids).at(-1) ?? null)
const empty = last("")
const gone = faults.error(404)
const refused = faults.error(400)
const failing = faults.error(500)

const requestOf = (from: string): string => {
  if (from === "start") return "list?limit=100"
  return from === "end" ? "list?order=ascending&limit=100" : `list?after=${from}&limit=100`
}

const rule = (
  name: string,
  answers: ReadonlyArray<ReturnType<typeof faults.reply>>,
  { asks, because, fails, gives }: Expected
): Case => {
  const [first = "start", ...others] = asks.split(" ")
  const ids = itemsOf(gives)
  const resumed = first === "start" ? {} : { after: first }
  const kind = because === undefined ? fails : "IncompleteListingError"
  const failure = {
    kind,
    resumeAfter: ids.at(-1) ?? resumed.after,
    ...(because === undefined ? {} : { reason: because, received: ids.length })
  }
  return {
    name,
    answers,
    call: stream(resumed),
    given: ids,
    ...(kind === undefined ? { ok: ids } : { fail: failure }),
    sent: [first, ...others].map((from, index) => {
      const answer = answers[index]
      return `${requestOf(from)} ${answer !== undefined && "status" in answer ? answer.status : 200}`
    })
  }
}

const again = (what: string) => `the server listed ${what} twice: it may have started over`
const twice = (cursor: string) => `the server returned the cursor ${cursor} twice, so the listing would never end`
const belied = (why: string, what: string) => `${why}, and from an earlier cursor the server lists ${what} again`
const refusal = "the server no longer takes the cursor"
const startsOver = "the server starts over instead of continuing after x: it may have been deleted"
const notLast = "nothing follows x, yet it is not the last permission: it may have been deleted"

const rules: ReadonlyArray<Case> = [
  rule("a listing ends where has_more is false", [more("a b"), last("c")], { gives: "a b c", asks: "start b" }),
  rule("a listing of nothing ends at once", [empty], { gives: "", asks: "start" }),
  rule("a listing goes on after short pages", [more("a"), more("b"), last("c")], { gives: "a b c", asks: "start a b" }),
  rule("a listing goes on after empty pages that name a cursor", [more("", "x"), more("", "y"), last("c")], {
    gives: "c",
    asks: "start x y"
  }),
  rule("a listing follows last_id, though it is not the last item's", [more("a b", "x"), last("c")], {
    gives: "a b c",
    asks: "start x"
  }),
  rule("a listing takes the last item's id where last_id is null", [more("a b", null), last("c")], {
    gives: "a b c",
    asks: "start b"
  }),
  rule("a listing takes the last item's id where last_id is missing", [withoutLastId("a b"), last("c")], {
    gives: "a b c",
    asks: "start b"
  }),
  rule("a listing takes the last item's id where last_id is empty", [more("a b", ""), last("c")], {
    gives: "a b c",
    asks: "start b"
  }),
  rule("a listing fails where there is more, but not from where", [more("a"), more("", null)], {
    gives: "a",
    asks: "start a",
    because: "the server says that there is more, but not where it continues"
  }),
  rule("a listing fails with what a request failed with", [more("a"), failing], {
    gives: "a",
    asks: "start a",
    fails: "ServerError"
  }),
  rule("a listing fails where HTML comes in place of a page", [more("a"), faults.html(200)], {
    gives: "a",
    asks: "start a",
    fails: "InvalidResponseError"
  }),
  rule(
    "a listing fails where has_more is missing",
    [more("a"), faults.reply(200, { body: { object: "list", data: [itemOf("b")] } })],
    { gives: "a", asks: "start a", fails: "InvalidResponseError" }
  ),
  rule("a listing fails where a cursor comes again, before it is asked again", [more("a b"), more("c d", "b")], {
    gives: "a b c d",
    asks: "start b",
    because: twice("b")
  }),
  rule("a listing fails where cursors go round", [more("a"), more("", "x"), more("", "y"), more("", "x")], {
    gives: "a",
    asks: "start a x y",
    because: twice("x")
  }),
  rule("a listing fails where the server starts over", [more("a b"), more("c d"), more("a b")], {
    gives: "a b c d",
    asks: "start b d",
    because: again("a")
  }),
  rule("a listing fails where a page holds one of the page before", [more("a b"), last("b c")], {
    gives: "a b",
    asks: "start b",
    because: again("b")
  }),
  rule("a listing fails where a page holds one of long before", [more("a b"), more("c"), more("d"), last("e c")], {
    gives: "a b c d",
    asks: "start b c d",
    because: again("c")
  }),
  rule("a listing fails where a page holds one twice", [more("a b"), last("c d c")], {
    gives: "a b",
    asks: "start b",
    because: again("c")
  }),
  rule("an empty last page is believed once the cursor is seen to be there still", [more("a b"), empty, more("b")], {
    gives: "a b",
    asks: "start b a"
  }),
  rule("an empty last page is believed once the cursor is listed, though not last", [more("a b"), empty, last("b")], {
    gives: "a b",
    asks: "start b a"
  }),
  rule(
    "an empty last page is believed once the same cursor is given again, which is no item's",
    [more("a b", "x"), empty, more("a b", "x")],
    { gives: "a b", asks: "start x start" }
  ),
  rule(
    "an empty last page is believed once the cursor is listed, though another one is given",
    [more("a b"), empty, more("b", "y")],
    { gives: "a b", asks: "start b a" }
  ),
  rule(
    "an empty last page is not believed where the cursor is not listed among what comes again",
    [more("a b c"), empty, empty, more("b", "y"), last("d")],
    { gives: "a b c d", asks: "start c b a y" }
  ),
  rule("an empty last page is a deleted cursor's where something new comes", [more("a b"), empty, last("c")], {
    gives: "a b c",
    asks: "start b a"
  }),
  rule(
    "an empty last page is a deleted cursor's where something new comes beside it",
    [more("a b"), empty, last("b c")],
    { gives: "a b c", asks: "start b a" }
  ),
  rule(
    "an empty last page is a mistake where no earlier cursor shows more",
    [more("a b"), empty, empty, more("", "a")],
    {
      gives: "a b",
      asks: "start b a start",
      because: "the last page is empty, and there is no earlier cursor to continue from"
    }
  ),
  rule(
    "an empty last page fails where an earlier cursor repeats what stood before it",
    [more("a b c"), empty, last("a d")],
    { gives: "a b c", asks: "start c b", because: belied("the last page is empty", "a") }
  ),
  rule("a refused cursor is replaced by the one before it", [more("a b"), refused, last("c")], {
    gives: "a b c",
    asks: "start b a"
  }),
  rule("a cursor that a proxy answers with a 404 is not a refused cursor", [more("a b"), faults.html(404), last("c")], {
    gives: "a b",
    asks: "start b",
    fails: "InvalidResponseError"
  }),
  rule("a refused cursor ends the listing where no earlier one is taken", [more("a b"), gone, gone, gone], {
    gives: "a b",
    asks: "start b a start",
    fails: "NotFoundError"
  }),
  rule(
    "a refused cursor is replaced by the item before, the first of the page, the page's own and the start",
    [more("z"), more("a b c d"), gone, gone, gone, gone, gone],
    { gives: "z a b c d", asks: "start z d c a z start", fails: "NotFoundError" }
  ),
  rule(
    "a refused cursor that is no item's is replaced first by the cursor that gave it",
    [more("z"), more("a b", "x"), gone, gone, gone, gone, gone],
    { gives: "z a b", asks: "start z x z b a start", fails: "NotFoundError" }
  ),
  rule(
    "a refused cursor after empty pages is replaced by the one before them",
    [more("", "w"), more("", "x"), gone, gone, gone],
    { gives: "", asks: "start w x w start", fails: "NotFoundError" }
  ),
  rule("a refused cursor is not looked into when the server fails", [more("a b"), gone, failing], {
    gives: "a b",
    asks: "start b a",
    fails: "ServerError"
  }),
  rule("a refused cursor ends the listing where an earlier one shows the end", [more("a b c"), gone, gone, last("b")], {
    gives: "a b c",
    asks: "start c b a"
  }),
  rule("a refused cursor ends the listing where all is deleted", [more("a b"), gone, empty, empty], {
    gives: "a b",
    asks: "start b a start"
  }),
  rule(
    "a page after an earlier cursor may list again what stood after that cursor",
    [more("a b c"), gone, gone, last("b d")],
    { gives: "a b c d", asks: "start c b a" }
  ),
  rule(
    "a page after an earlier cursor may list the whole page again that the cursor gave",
    [more("z"), more("a b"), empty, empty, last("a b c")],
    { gives: "z a b c", asks: "start z b a z" }
  ),
  rule("a page after an earlier cursor may not list the cursor itself", [more("a b c"), gone, last("b d")], {
    gives: "a b c",
    asks: "start c b",
    because: belied(refusal, "b")
  }),
  rule("a page after an earlier cursor may not list anything twice", [more("a b"), gone, last("c c")], {
    gives: "a b",
    asks: "start b a",
    because: belied(refusal, "c")
  }),
  rule(
    "a page after an earlier cursor may not list pages of before",
    [more("z"), more("a b"), gone, gone, gone, last("z a")],
    { gives: "z a b", asks: "start z b a z start", because: belied(refusal, "z") }
  ),
  rule(
    "a page after an earlier cursor goes on where it leads to a new cursor",
    [more("a b c"), gone, more("", "y"), last("d")],
    { gives: "a b c d", asks: "start c b y" }
  ),
  rule(
    "a page after an earlier cursor goes on from the last item that is listed again, where there is no other cursor",
    [more("a b c d"), gone, gone, more("b", null), last("e")],
    { gives: "a b c d e", asks: "start d c a b" }
  ),
  rule(
    "a page after an earlier cursor is not trusted where it leads back to the cursor",
    [more("a b c"), gone, more("", "c"), last("d")],
    { gives: "a b c d", asks: "start c b a" }
  ),
  rule(
    "a page after an earlier cursor is not trusted where it leads to an earlier cursor",
    [more("a b c"), gone, more("", "a"), last("d")],
    { gives: "a b c d", asks: "start c b a" }
  ),
  rule(
    "a page after an earlier cursor is not trusted where it leads nowhere",
    [more("a b c"), gone, more("", null), last("d")],
    { gives: "a b c d", asks: "start c b a" }
  ),
  rule("a page after an earlier cursor is not trusted where it is empty", [more("a b c"), gone, empty, last("d")], {
    gives: "a b c d",
    asks: "start c b a"
  }),
  rule(
    "a page after an earlier cursor fails where it leads to a cursor of before",
    [more("a"), more("b c"), gone, more("d", "a")],
    { gives: "a b c d", asks: "start a c b", because: twice("a") }
  ),
  rule("a page after an earlier cursor fails where none can be trusted", [more("a"), gone, more("", "a")], {
    gives: "a",
    asks: "start a start",
    because: `${refusal}, and there is no earlier cursor to continue from`
  }),
  rule(
    "a page after an earlier cursor is the page before for the next recovery, with all that it showed",
    [more("a b c"), gone, gone, more("b d"), gone, gone, last("b e")],
    { gives: "a b c d e", asks: "start c b a d b a" }
  ),
  rule(
    "a page after an earlier cursor without anything new is not the page before",
    [more("a b c"), gone, more("", "y"), gone, gone, gone, last("b c d")],
    { gives: "a b c d", asks: "start c b y b c a" }
  ),
  rule("a resumed listing goes on once its first page is not the start", [more("a"), more("s x"), last("b")], {
    gives: "a b",
    asks: "x start a"
  }),
  rule("a resumed listing whose first page fails says where it was resumed", [failing], {
    gives: "",
    asks: "x",
    fails: "ServerError"
  }),
  rule("a resumed listing fails where its first page is the start", [more("s x"), more("s x")], {
    gives: "",
    asks: "x start",
    because: startsOver
  }),
  rule("a resumed listing fails where its first page begins as the start does", [last("s a"), more("s")], {
    gives: "",
    asks: "x start",
    because: startsOver
  }),
  rule("a resumed listing fails where both are empty and lead to the same cursor", [more("", "y"), more("", "y")], {
    gives: "",
    asks: "x start",
    because: startsOver
  }),
  rule(
    "a resumed listing goes on where both are empty and lead to different cursors",
    [more("", "y"), more("", "w"), last("a")],
    { gives: "a", asks: "x start y" }
  ),
  rule("a resumed listing goes on where nothing comes from the start any more", [more("", "y"), empty, last("a")], {
    gives: "a",
    asks: "x start y"
  }),
  rule(
    "a resumed listing goes on where its first page is empty and the start is not",
    [more("", "y"), more("s"), last("a")],
    { gives: "a", asks: "x start y" }
  ),
  rule("a resumed listing goes on where the start is empty and its first page is not", [last("a"), empty], {
    gives: "a",
    asks: "x start"
  }),
  rule("a resumed listing of nothing ends where the cursor is the last permission", [empty, more("x s")], {
    gives: "",
    asks: "x end"
  }),
  rule("a resumed listing of nothing ends where there is nothing at all", [empty, empty], { gives: "", asks: "x end" }),
  rule("a resumed listing of nothing fails where something else is the last permission", [empty, more("z x")], {
    gives: "",
    asks: "x end",
    because: notLast
  }),
  rule("a resumed listing of nothing fails where the last permission is not shown", [empty, more("", "y")], {
    gives: "",
    asks: "x end",
    because: notLast
  }),
  rule("a resumed listing fails where its own cursor comes again", [more("a"), more("s"), more("b", "x")], {
    gives: "a b",
    asks: "x start a",
    because: twice("x")
  }),
  rule(
    "a resumed listing fails where the permission comes that it was resumed after",
    [more("a"), more("s"), last("x")],
    { gives: "a", asks: "x start a", because: again("x") }
  ),
  ...(
    [
      ["NotFoundError", gone],
      ["BadRequestError", refused],
      ["ServerError", failing]
    ] as const
  ).flatMap(([fails, answer]) => [
    rule(`a resumed listing fails with the failure of the comparison: ${fails}`, [more("a"), answer], {
      gives: "",
      asks: "x start",
      fails
    }),
    rule(`a resumed listing fails with the failure of the look at the end: ${fails}`, [empty, answer], {
      gives: "",
      asks: "x end",
      fails
    })
  ]),
  rule(
    "a server that starts over later in a resumed listing is noticed by what the start lists",
    [more("a"), more("s t"), last("t")],
    { gives: "a", asks: "x start a", because: again("t") }
  ),
  rule(
    "a server that starts over later in a resumed listing is noticed by the cursor of the start",
    [more("a"), more("", "y"), more("", "y")],
    { gives: "a", asks: "x start a", because: twice("y") }
  ),
  rule(
    "a server that starts over later in a resumed listing is not suspected for what the start lists after the cursor",
    [more("a"), more("s x b"), last("b")],
    { gives: "a b", asks: "x start a" }
  ),
  rule(
    "a server that starts over later in a resumed listing is not suspected for what the first page lists",
    [more("a"), more("s a b", "y"), more("b", "y"), empty, more("b", "y")],
    { gives: "a b", asks: "x start a y a" }
  ),
  rule(
    "a server that starts over later in a resumed listing is not suspected for a cursor after the one of the listing",
    [more("a"), more("s x a"), last("b")],
    { gives: "a b", asks: "x start a" }
  ),
  rule(
    "a server that starts over later in a resumed listing is not suspected where the start has no cursor",
    [more("a"), empty, last("b")],
    { gives: "a b", asks: "x start a" }
  ),
  rule(
    "a resumed listing whose cursor is refused later reads again from where it was resumed, not from the start",
    [more("a"), more("s x"), gone, last("b")],
    { gives: "a b", asks: "x start a x" }
  ),
  rule(
    "a resumed listing whose cursor is empty later ends where that is the last permission now",
    [more("a"), more("s x"), empty, empty, last("x")],
    { gives: "a", asks: "x start a x end" }
  ),
  rule(
    "a resumed listing whose cursor is empty later fails where that is gone, too",
    [more("a"), more("s x"), empty, empty, last("z")],
    { gives: "a", asks: "x start a x end", because: notLast }
  ),
  rule(
    "a resumed listing whose cursor is refused later ends where what comes after it is known",
    [more("a"), more("s x"), gone, last("a")],
    { gives: "a", asks: "x start a x" }
  ),
  rule(
    "a resumed listing whose cursor is empty later has no other cursor left where that is refused",
    [more("a"), more("s x"), empty, gone],
    { gives: "a", asks: "x start a x", fails: "NotFoundError" }
  ),
  rule(
    "a resumed listing whose cursor is refused later has no other cursor left where that leads nowhere",
    [more("a"), more("s x"), gone, more("", null)],
    { gives: "a", asks: "x start a x", because: `${refusal}, and there is no earlier cursor to continue from` }
  )
]

/** With a page ahead and without: the requests are the same. */
export const listing: ReadonlyArray<Case> = [false, true].flatMap((prefetch) =>
  rules.map((one) => ({
    ...one,
    name: `${one.name}${prefetch ? "" : ", without a page ahead"}`,
    options: { prefetch }
  }))
)
