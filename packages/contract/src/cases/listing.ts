/**
 * Listings from pages: when a listing continues, ends, recovers or fails. A rule is a dialogue of requests and replies,
 * such as `start: a b > | b: c .`. A request is `start`, `end`, or the cursor that it continues after. A letter is a
 * permission and its project. A page ends with `.` if it is the last, with `>` if more follow, or with `?` without a
 * `has_more`. After `>`, the next cursor can follow. Default: the last item. A number is a status.
 */
import * as faults from "@checkpoint-permissions/fake/faults"
import { stream } from "../builders.ts"
import type { Case } from "../case.ts"

/**
 * Name, dialogue, the listed permissions, and the failure: its kind, or the reason why the listing cannot be trusted.
 */
type Rule = readonly [name: string, dialogue: string, gives: string, failure?: string]

const lettersOf = (text: string) => text.split(" ").filter((letter) => letter !== "")

const answerOf = (text: string): faults.Fault => {
  if (text.endsWith("HTML")) return faults.html(Number.parseInt(text, 10))
  if (/^\d+$/.test(text)) return faults.error(Number(text))
  const [, letters = "", sign, cursor] = /^([^>.?]*)([>.?]) ?(.*)$/.exec(text) ?? []
  const data = lettersOf(letters).map((id) => ({ id, object: "checkpoint.permission", created_at: 0, project_id: id }))
  const last_id = { null: null, missing: undefined, '""': "", "": data.at(-1)?.id ?? null }
  return faults.reply(200, {
    body: {
      object: "list",
      data,
      first_id: data[0]?.id ?? null,
      last_id: cursor !== undefined && cursor in last_id ? Reflect.get(last_id, cursor) : cursor,
      has_more: sign === "?" ? undefined : sign === ">"
    }
  })
}

const requestOf = (from: string): string => {
  if (from === "start") return "list?limit=100"
  return from === "end" ? "list?order=ascending&limit=100" : `list?after=${from}&limit=100`
}

const caseOf = (name: string, dialogue: string, gives: string, failure: string | undefined): Case => {
  const exchanges = dialogue.split(" | ").map((exchange) => exchange.split(": "))
  const answers = exchanges.map(([, answer = ""]) => answerOf(answer))
  const first = exchanges[0]?.[0]
  const resumed = first === "start" ? {} : { after: first }
  const ids = lettersOf(gives)
  const failed = failure?.endsWith("Error")
    ? { kind: failure }
    : { kind: "IncompleteListingError", reason: failure, received: ids.length }
  return {
    name,
    answers,
    call: stream(resumed),
    given: ids,
    ...(failure === undefined ? { ok: ids } : { fail: { ...failed, resumeAfter: ids.at(-1) ?? resumed.after } }),
    sent: exchanges.map(([from = "", answer = ""]) => `${requestOf(from)} ${/^\d+/.exec(answer)?.[0] ?? 200}`)
  }
}

const about = (what: string, rules: ReadonlyArray<Rule>): ReadonlyArray<Case> =>
  rules.map(([name, dialogue, gives, failure]) => caseOf(`${what} ${name}`, dialogue, gives, failure))

const again = (what: string) => `the server listed ${what} twice: it may have started over`
const twice = (cursor: string) => `the server returned the cursor ${cursor} twice, so the listing would never end`
const belied = (why: string, what: string) => `${why}, and from an earlier cursor the server lists ${what} again`
const noneLeft = (why: string) => `${why}, and there is no earlier cursor to continue from`
const refusal = "the server no longer accepts the cursor"
const startsOver = "the server started over instead of continuing after x, which may have been deleted"
const notLast = "nothing follows x, yet it is not the last permission: it may have been deleted"

const rules: ReadonlyArray<Case> = [
  ...about("a listing", [
    ["ends where has_more is false", "start: a b > | b: c .", "a b c"],
    ["without permissions ends immediately", "start: .", ""],
    ["continues after short pages", "start: a > | a: b > | b: c .", "a b c"],
    ["continues after empty pages that name a cursor", "start: > x | x: > y | y: c .", "c"],
    ["follows last_id, though it is not the last item's", "start: a b > x | x: c .", "a b c"],
    ["takes the last item's id where last_id is null", "start: a b > null | b: c .", "a b c"],
    ["takes the last item's id where last_id is missing", "start: a b > missing | b: c .", "a b c"],
    ["takes the last item's id where last_id is empty", 'start: a b > "" | b: c .', "a b c"],
    [
      "fails where there is more, but not from where",
      "start: a > | a: > null",
      "a",
      "the server reports more items, but no cursor for the next page"
    ],
    ["fails with the failure of a request", "start: a > | a: 500", "a", "ServerError"],
    ["fails where the reply is HTML", "start: a > | a: 200 HTML", "a", "InvalidResponseError"],
    ["fails where has_more is missing", "start: a > | a: b ?", "a", "InvalidResponseError"],
    [
      "fails where a cursor comes again, before it is requested again",
      "start: a b > | b: c d > b",
      "a b c d",
      twice("b")
    ],
    ["fails where cursors go round", "start: a > | a: > x | x: > y | y: > x", "a", twice("x")],
    ["fails where the server starts over", "start: a b > | b: c d > | d: a b >", "a b c d", again("a")],
    ["fails where a page contains one of the page before", "start: a b > | b: b c .", "a b", again("b")],
    [
      "fails where a page contains one of an earlier page",
      "start: a b > | b: c > | c: d > | d: e c .",
      "a b c d",
      again("c")
    ],
    ["fails where a page contains one twice", "start: a b > | b: c d c .", "a b", again("c")]
  ]),
  ...about("an empty last page", [
    ["is accepted once the cursor is listed again as the last item", "start: a b > | b: . | a: b >", "a b"],
    ["is accepted once the cursor is listed, though not last", "start: a b > | b: . | a: b .", "a b"],
    [
      "is accepted once the same cursor, which is no item's, is returned again",
      "start: a b > x | x: . | start: a b > x",
      "a b"
    ],
    ["is accepted once the cursor is listed, though another one is returned", "start: a b > | b: . | a: b > y", "a b"],
    [
      "is not accepted where the cursor is not listed again",
      "start: a b c > | c: . | b: . | a: b > y | y: d .",
      "a b c d"
    ],
    ["continues where an earlier cursor leads to new permissions", "start: a b > | b: . | a: c .", "a b c"],
    ["continues where an earlier cursor leads to known and new permissions", "start: a b > | b: . | a: b c .", "a b c"],
    [
      "fails where no earlier cursor leads to permissions",
      "start: a b > | b: . | a: . | start: > a",
      "a b",
      noneLeft("the last page is empty")
    ],
    [
      "fails where an earlier cursor repeats permissions before it",
      "start: a b c > | c: . | b: a d .",
      "a b c",
      belied("the last page is empty", "a")
    ]
  ]),
  ...about("a refused cursor", [
    ["is replaced by the one before it", "start: a b > | b: 400 | a: c .", "a b c"],
    ["is none that a proxy answers with a 404", "start: a b > | b: 404 HTML", "a b", "InvalidResponseError"],
    [
      "ends the listing where no earlier one is accepted",
      "start: a b > | b: 404 | a: 404 | start: 404",
      "a b",
      "NotFoundError"
    ],
    [
      "is replaced by the item before, the first of the page, the page's own and the start",
      "start: z > | z: a b c d > | d: 404 | c: 404 | a: 404 | z: 404 | start: 404",
      "z a b c d",
      "NotFoundError"
    ],
    [
      "that is no item's is replaced first by the cursor that gave it",
      "start: z > | z: a b > x | x: 404 | z: 404 | b: 404 | a: 404 | start: 404",
      "z a b",
      "NotFoundError"
    ],
    [
      "after empty pages is replaced by the one before them",
      "start: > w | w: > x | x: 404 | w: 404 | start: 404",
      "",
      "NotFoundError"
    ],
    ["is not looked into when the server fails", "start: a b > | b: 404 | a: 500", "a b", "ServerError"],
    ["ends the listing where an earlier one shows the end", "start: a b c > | c: 404 | b: 404 | a: b .", "a b c"],
    ["ends the listing where all is deleted", "start: a b > | b: 404 | a: . | start: .", "a b"]
  ]),
  ...about("a page after an earlier cursor", [
    ["may repeat permissions after that cursor", "start: a b c > | c: 404 | b: 404 | a: b d .", "a b c d"],
    [
      "may list the whole page again that the cursor gave",
      "start: z > | z: a b > | b: . | a: . | z: a b c .",
      "z a b c"
    ],
    ["may not list the cursor itself", "start: a b c > | c: 404 | b: b d .", "a b c", belied(refusal, "b")],
    ["may not list anything twice", "start: a b > | b: 404 | a: c c .", "a b", belied(refusal, "c")],
    [
      "may not list pages of before",
      "start: z > | z: a b > | b: 404 | a: 404 | z: 404 | start: z a .",
      "z a b",
      belied(refusal, "z")
    ],
    ["continues where it leads to a new cursor", "start: a b c > | c: 404 | b: > y | y: d .", "a b c d"],
    [
      "continues from the last item that is listed again, where there is no other cursor",
      "start: a b c d > | d: 404 | c: 404 | a: b > null | b: e .",
      "a b c d e"
    ],
    ["fails where it leads to a cursor of before", "start: a > | a: b c > | c: 404 | b: d > a", "a b c d", twice("a")],
    ["fails where all are rejected", "start: a > | a: 404 | start: > a", "a", noneLeft(refusal)],
    [
      "is the page before for the next recovery, with all that it showed",
      "start: a b c > | c: 404 | b: 404 | a: b d > | d: 404 | b: 404 | a: b e .",
      "a b c d e"
    ],
    [
      "without anything new is not the page before",
      "start: a b c > | c: 404 | b: > y | y: 404 | b: 404 | c: 404 | a: b c d .",
      "a b c d"
    ]
  ]),
  ...about("a page after an earlier cursor is rejected where it", [
    ["leads back to the cursor", "start: a b c > | c: 404 | b: > c | a: d .", "a b c d"],
    ["leads to an earlier cursor", "start: a b c > | c: 404 | b: > a | a: d .", "a b c d"],
    ["leads nowhere", "start: a b c > | c: 404 | b: > null | a: d .", "a b c d"],
    ["is empty", "start: a b c > | c: 404 | b: . | a: d .", "a b c d"]
  ]),
  ...about("a resumed listing", [
    ["continues once its first page is not the start", "x: a > | start: s x > | a: b .", "a b"],
    ["whose first page fails returns its own cursor", "x: 500", "", "ServerError"],
    ["fails where its first page is the start", "x: s x > | start: s x >", "", startsOver],
    ["fails where its first page begins as the start does", "x: s a . | start: s >", "", startsOver],
    ["fails where both are empty and lead to the same cursor", "x: > y | start: > y", "", startsOver],
    ["continues where both are empty and lead to different cursors", "x: > y | start: > w | y: a .", "a"],
    ["continues where the start is empty and has no cursor", "x: > y | start: . | y: a .", "a"],
    ["continues where its first page is empty and the start is not", "x: > y | start: s > | y: a .", "a"],
    ["continues where the start is empty and its first page is not", "x: a . | start: .", "a"],
    ["fails where its own cursor comes again", "x: a > | start: s > | a: b > x", "a b", twice("x")],
    ["fails where the permission of its cursor is listed", "x: a > | start: s > | a: x .", "a", again("x")],
    ...(
      [
        ["404", "NotFoundError"],
        ["400", "BadRequestError"],
        ["500", "ServerError"]
      ] as const
    ).flatMap(
      ([status, kind]): ReadonlyArray<Rule> => [
        [`fails with the failure of the comparison: ${kind}`, `x: a > | start: ${status}`, "", kind],
        [`fails with the failure of the look at the end: ${kind}`, `x: . | end: ${status}`, "", kind]
      ]
    )
  ]),
  ...about("a resumed listing of nothing", [
    ["ends where the cursor is the last permission", "x: . | end: x s >", ""],
    ["ends where there is nothing at all", "x: . | end: .", ""],
    ["fails where something else is the last permission", "x: . | end: z x >", "", notLast],
    ["fails where the last permission is not shown", "x: . | end: > y", "", notLast]
  ]),
  ...about("a server that starts over later in a resumed listing is", [
    ["noticed by permissions of the start", "x: a > | start: s t > | a: t .", "a", again("t")],
    ["noticed by the cursor of the start", "x: a > | start: > y | a: > y", "a", twice("y")],
    ["not suspected for permissions of the start after the cursor", "x: a > | start: s x b > | a: b .", "a b"],
    [
      "not suspected for permissions of the first page",
      "x: a > | start: s a b > y | a: b > y | y: . | a: b > y",
      "a b"
    ],
    ["not suspected for a cursor after the one of the listing", "x: a > | start: s x a > | a: b .", "a b"],
    ["not suspected where the start has no cursor", "x: a > | start: . | a: b .", "a b"]
  ]),
  ...about("a resumed listing whose cursor is", [
    [
      "refused later reads again from where it was resumed, not from the start",
      "x: a > | start: s x > | a: 404 | x: b .",
      "a b"
    ],
    ["empty later ends where that is the last permission now", "x: a > | start: s x > | a: . | x: . | end: x .", "a"],
    ["empty later fails where that is gone, too", "x: a > | start: s x > | a: . | x: . | end: z .", "a", notLast],
    ["refused later ends where all following permissions are known", "x: a > | start: s x > | a: 404 | x: a .", "a"],
    [
      "empty later has no other cursor left where that is refused",
      "x: a > | start: s x > | a: . | x: 404",
      "a",
      "NotFoundError"
    ],
    [
      "refused later has no other cursor left where that leads nowhere",
      "x: a > | start: s x > | a: 404 | x: > null",
      "a",
      noneLeft(refusal)
    ]
  ])
]

/** Each rule with and without prefetch. The requests are the same. */
export const listing: ReadonlyArray<Case> = [false, true].flatMap((prefetch) =>
  rules.map((one) => ({
    ...one,
    name: `${one.name}${prefetch ? "" : ", without a page ahead"}`,
    options: { prefetch }
  }))
)
