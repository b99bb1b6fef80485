/** The checks of `doctor`: a table of assumptions about the replies, and the report with a row for each. */

import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Fields, isFields, itemsOf, textAt, valueAt } from "../server/body.ts"
import type { Style } from "../terminal/style.ts"
import { instant } from "../terminal/time.ts"

/**
 * The result of one request. `Unanswered`: no complete reply within the time limit, or no reply at all. `NotSent`: an
 * earlier reply has nothing to request more about. `Limited`: not sent, or refused with 429.
 */
export type Reply =
  | {
      readonly _tag: "Answered"
      readonly status: number
      readonly body: unknown
      /** The project that the request is about, if there is one. */
      readonly project?: string | undefined
    }
  | { readonly _tag: "Unanswered" | "NotSent" | "Limited"; readonly detail: string }

/** The replies of a run. Pages `…After` have up to 100 items after the first of the two before. */
export type Replies = Readonly<
  Record<"projects" | "permissions" | "permissionsAfter" | "log" | "logAfter" | "modelPermissions" | "models", Reply>
>

export const bodyOf = (reply: Reply): Fields | undefined =>
  reply._tag === "Answered" && reply.status === 200 && isFields(reply.body) ? reply.body : undefined

export const itemsIn = (...replies: ReadonlyArray<Reply>): ReadonlyArray<Fields> =>
  replies.flatMap((reply) => itemsOf(bodyOf(reply)))

/** Returns true if the reply proves nothing about the assumption: a server error, a body without JSON, or no reply. */
const isUnusable = (reply: Reply): boolean =>
  reply._tag === "Unanswered" ||
  (reply._tag === "Answered" &&
    (reply.status >= 500 ||
      reply.status === 408 ||
      !isFields(reply.body) ||
      (reply.status !== 200 && !("error" in reply.body))))

/** Returns the scopes that the reply names as missing, such as `api.audit_logs.read`. */
const missingScopes = (reply: Reply): string | undefined =>
  /missing scopes?: ((?:(?:, ?)?api(?:\.[a-z_]+)+)+)/i.exec(
    textAt(valueAt(reply, "body"), "error", "message") ?? ""
  )?.[1]

const statusText = (reply: Reply): string =>
  reply._tag === "Answered"
    ? `the server answered ${reply.status}${isFields(reply.body) ? "" : " without JSON"}`
    : reply.detail

/**
 * Returns the remedy if the first request was refused because of the key, or could not be sent. Returns `undefined`
 * otherwise.
 */
export const problemOf = (first: Reply, isAdminKey: boolean, apiUrl: string): string | undefined => {
  if (first._tag === "Unanswered") {
    return `${apiUrl} cannot be reached (${first.detail}): check the network and --api-url`
  }
  if (first._tag !== "Answered" || (first.status !== 401 && first.status !== 403)) return undefined
  const create = "create an admin key at https://platform.openai.com/settings/organization/admin-keys"
  const scopes = missingScopes(first)
  if (scopes !== undefined) {
    return isAdminKey
      ? `the admin key lacks the scope ${scopes}: add it, or ${create}`
      : `the key seems to be the ordinary key of a project or user, without the scope ${scopes}: ${create}`
  }
  return isAdminKey
    ? `the server refuses the key (status ${first.status}): it is wrong, expired or deleted; ${create}`
    : `the server refuses the key (status ${first.status}), and it does not begin with sk-admin-: ${create}`
}

/**
 * `handled`: the server differs, and this tool handles it. `matters`: the server differs, and listings or writes may be
 * wrong. `not-observed`: the replies did not show it. `not-asked`: no request was sent, or the server limited it.
 */
const Verdict = Schema.Literal("ok", "handled", "matters", "not-observed", "not-asked")
type Verdict = typeof Verdict.Type

const Row = Schema.Struct({
  /** A stable name, such as `page-cursor`. */
  check: Schema.String,
  assumption: Schema.String,
  verdict: Verdict,
  /** The observation, or the reason why there is none. Ids, names and addresses only if an option requests them. */
  detail: Schema.String
})
interface Row extends Schema.Schema.Type<typeof Row> {}

export const Report = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/doctor"),
  version: Schema.Literal(1),
  createdAt: Schema.DateTimeUtc,
  requests: Schema.Int,
  exitCode: Schema.Literal(0, 1, 3, 4),
  rows: Schema.Array(Row)
})
export interface Report extends Schema.Schema.Type<typeof Report> {}

type Finding = readonly [verdict: Verdict, detail?: string]

interface Seen {
  readonly status: number
  readonly body: Fields
  readonly items: ReadonlyArray<Fields>
  readonly replies: Replies
  readonly checkpoint: string | undefined
  /** The compared project, by its id only if an option requests ids. */
  readonly project: string
}

const emptyList: Finding = ["not-observed", "the list is empty"]

const idsOf = (items: ReadonlyArray<Fields>) => items.map((item) => textAt(item, "id"))

/** Compares two pages: the second begins after the first item of the first. */
const cursor = (first: ReadonlyArray<Fields>, second: ReadonlyArray<Fields>): Finding => {
  const [cursorId, next] = idsOf(first)
  if (cursorId === undefined) return emptyList
  const after = idsOf(second)
  if (after.includes(cursorId)) return ["matters", "the page repeats the permission or event of the cursor"]
  if (next === undefined) return after.length === 0 ? ["ok"] : ["matters", "the page after the last item is not empty"]
  return after[0] === next ? ["ok"] : ["matters", "the page does not begin with the next item"]
}

const isPage = (body: Fields): boolean => Array.isArray(body["data"]) && typeof body["has_more"] === "boolean"

const isPermission = (item: Fields): boolean =>
  ["id", "project_id"].every((name) => textAt(item, name) !== undefined) && Number.isInteger(item["created_at"])

const timesOf = (items: ReadonlyArray<Fields>, field: string): ReadonlyArray<number> =>
  items.flatMap((item) => (typeof item[field] === "number" ? [item[field]] : []))

const isNewestFirst = (items: ReadonlyArray<Fields>, field: string): boolean => {
  const times = timesOf(items, field)
  return times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time))
}

/** Returns the form of an event's actor, without its id or address. */
const actorForm = ({ actor }: Fields): string => {
  const [key, session] = [valueAt(actor, "api_key"), valueAt(actor, "session")]
  const withField = (value: Fields, name: string) => (textAt(value, name) === undefined ? "without" : "with")
  if (isFields(session)) return `a session, ${withField(session, "user_agent")} a user agent`
  if (isFields(key)) return `a key ${withField(key, "id")} an id`
  return isFields(actor) ? "neither a session nor a key" : "no actor"
}

/** Checks the form of a page of the organization's lists. Its `object` may be missing. */
const listForm = ({ body }: Seen): Finding => {
  if (!isPage(body)) return ["matters", "data or has_more is missing"]
  return body["object"] === "list" ? ["ok"] : ["handled", "object is missing"]
}

const pageSize = ({ body, items, status }: Seen): Finding => {
  if (status !== 200) return ["handled", "a limit of 100 is refused: listings ask for smaller pages"]
  if (items.length >= 100) return items.length === 100 ? ["ok"] : ["handled", "a page has more items than the limit"]
  return body["has_more"] === true
    ? ["handled", `a page of ${items.length} items is followed by another`]
    : ["not-observed", "the checkpoint has fewer permissions"]
}

const modelList = ({ body: { mode, model_ids: models }, project, status }: Seen): Finding => {
  if (status !== 200) return ["ok", `404 for ${project}: it has no model permissions`]
  return (mode === "allow_list" || mode === "deny_list") && Array.isArray(models)
    ? ["ok", `${project} has ${mode === "allow_list" ? "an allow list" : "a deny list"} with ${models.length} models`]
    : ["handled", `${project}: the reply has neither an allow list nor a deny list`]
}

export const grantedIn = ({ permissions, permissionsAfter }: Pick<Replies, "permissions" | "permissionsAfter">) => [
  ...new Set(itemsIn(permissions, permissionsAfter).flatMap((one) => textAt(one, "project_id") ?? []))
]

const grantedModel = ({ checkpoint, items, project, replies }: Seen): Finding => {
  const compared = `${project}, of ${pluralize(grantedIn(replies).length, "listed project")} with a permission`
  return checkpoint !== undefined && idsOf(items).includes(checkpoint)
    ? ["ok", `compared: ${compared}`]
    : ["handled", `the key of ${compared} does not list the checkpoint`]
}

/** Returns the time of the oldest grant that was read, and whether it is the log's oldest. */
const logReach = ({ items, replies: { log, logAfter } }: Seen): Finding => {
  if (items.length === 0) return ["not-observed", "no grant in the log: it may be off"]
  const oldest = Math.min(...timesOf(itemsIn(log, logAfter), "effective_at"))
  if (Option.isNone(DateTime.make(oldest * 1000))) return ["ok", "no grant has a valid time"]
  const isWhole = bodyOf(logAfter)?.["has_more"] === false
  return [
    "ok",
    isWhole
      ? `the oldest grant in the log is of ${instant(oldest)}`
      : `grants were read back to ${instant(oldest)}; older ones were not read`
  ]
}

const logActor = ({ items: [event] }: Seen): Finding => {
  if (event === undefined) return emptyList
  const form = actorForm(event)
  return [/^a (session|key)/.test(form) ? "ok" : "handled", `the newest grant has ${form}`]
}

const permissionOrder = ({ items, replies: { permissions } }: Seen): Finding => {
  const all = [...itemsIn(permissions).slice(0, 1), ...items]
  if (all.length < 2) return ["not-observed", "fewer than two permissions"]
  return isNewestFirst(all, "created_at") ? ["ok"] : ["handled", "the order is different"]
}

type Find = (seen: Seen) => Finding

/** The checks, in the order of the requests. `refusal` is a status besides 200 that `find` understands. */
const checks: ReadonlyArray<
  readonly [of: keyof Replies, check: string, assumption: string, find: Find, refusal?: number]
> = [
  ["projects", "admin-key", "The key is an admin key of an organization.", () => ["ok"]],
  ["projects", "projects-page", "A page of projects has data and has_more.", listForm],
  ["permissions", "permissions-scope", "The key can list the permissions of a checkpoint.", () => ["ok"]],
  [
    "permissions",
    "permissions-page",
    "A page of permissions has the expected fields.",
    ({ body, items }) =>
      body["object"] === "list" && isPage(body) && items.every(isPermission)
        ? ["ok"]
        : ["matters", "a field is missing or has another type"]
  ],
  ["permissionsAfter", "permissions-order", "Permissions are listed newest first.", permissionOrder],
  [
    "permissionsAfter",
    "permissions-cursor",
    "A page after a cursor begins with the next permission.",
    ({ items, replies }) => cursor(itemsIn(replies.permissions), items)
  ],
  ["permissionsAfter", "permissions-limit", "A page holds up to 100 permissions.", pageSize, 400],
  ["log", "log", "The audit log is on and the key can read it.", logReach],
  ["log", "log-page", "A page of the audit log has object, data and has_more.", listForm],
  ["log", "log-actor", "An event names a session or a key as its actor.", logActor],
  [
    "logAfter",
    "log-cursor",
    "A page of the log after a cursor has older events.",
    ({ items, replies }) =>
      isNewestFirst([...itemsIn(replies.log).slice(0, 1), ...items], "effective_at")
        ? cursor(itemsIn(replies.log), items)
        : ["matters", "the page has newer events"]
  ],
  ["modelPermissions", "model-permissions", "The model permissions of a project can be read.", modelList, 404],
  ["models", "models", "A granted checkpoint is among the models of its project.", grantedModel]
]

/** Returns a row for each check. The details name a project only with `showIds`. */
export const rowsOf = (replies: Replies, checkpoint: string | undefined, showIds = false): ReadonlyArray<Row> =>
  checks.map(([of, check, assumption, find, refusal]) => {
    const reply = replies[of]
    const findingOf = (): Finding => {
      if (reply._tag === "Limited") return ["not-asked", reply.detail]
      if (reply._tag === "Answered" && isFields(reply.body) && [200, refusal].includes(reply.status)) {
        const { body, status } = reply
        const project = showIds && reply.project !== undefined ? printable(reply.project) : "one project"
        return find({ status, body, items: itemsOf(body), replies, checkpoint, project })
      }
      const scopes = missingScopes(reply)
      return ["not-observed", scopes === undefined ? statusText(reply) : `the key lacks the scope ${scopes}`]
    }
    const [verdict, detail = ""] = findingOf()
    return { check, assumption, verdict, detail }
  })

/** Returns the exit code of a run whose first request was answered. A difference that matters takes precedence. */
export const exitCodeOf = (replies: Replies, rows: ReadonlyArray<Row>): 0 | 3 | 4 => {
  if (rows.some(({ verdict }) => verdict === "matters")) return 3
  const isMissing = (reply: Reply) => isUnusable(reply) || reply._tag === "Limited"
  return Object.values(replies).some(isMissing) ? 4 : 0
}

export const incompleteOf = (replies: Replies, apiUrl: string): string => {
  const sent = Object.values(replies).filter(({ _tag }) => _tag !== "NotSent")
  const unusable = sent.filter(isUnusable)
  const [first] = unusable
  if (first === undefined) return "the server limited the rate: run again in a minute"
  const why = statusText(first)
  if (unusable.length < sent.length) {
    return `${unusable.length} of ${pluralize(sent.length, "request")} got no usable answer (${why}): run again in a minute`
  }
  return first._tag === "Answered" && first.status >= 500
    ? `${why} to every request: run again in a minute`
    : `${apiUrl} does not answer as OpenAI's API does (${why}): check --api-url`
}

export const toJson = (report: Report): string => `${JSON.stringify(Schema.encodeSync(Report)(report), undefined, 2)}\n`

const labels: Readonly<Record<Verdict, string>> = {
  ok: "ok",
  handled: "differs (handled)",
  matters: "differs (do not apply; please report)",
  "not-observed": "not observed",
  "not-asked": "not asked"
}

/** Returns the report as text: each row on one line, and its detail below where it is not `ok`. */
export const toText = ({ requests, rows }: Report, { bold }: Style): string => {
  const shown = rows.map(({ assumption, detail, verdict }) => {
    const mark = verdict === "ok" ? labels[verdict] : bold(labels[verdict])
    return `${mark}: ${assumption}${detail === "" ? "" : `\n    ${detail}`}`
  })
  const sent = `${pluralize(requests, "request")} sent, all of them reads. Whether this key can write was not tested.`
  return [...shown, "", sent, ""].join("\n")
}
