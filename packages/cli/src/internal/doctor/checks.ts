/** The assumptions that `doctor` checks, as functions of the replies, and the report with a row for each. */

import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { errorOf, type Fields, isFields, itemsOf, textAt, valueAt } from "../server/body.ts"
import type { Style } from "../terminal/style.ts"
import { instant } from "../terminal/time.ts"

/**
 * The result of one request. `Unanswered`: no complete reply within the time limit, or no reply at all. `NotSent`: an
 * earlier reply has nothing to request more about. `Limited`: not sent, or refused with 429.
 */
export type Reply =
  | { readonly _tag: "Answered"; readonly status: number; readonly body: unknown }
  | { readonly _tag: "Unanswered" | "NotSent" | "Limited"; readonly detail: string }

export interface Replies {
  readonly projects: Reply
  /** The first two permissions of the checkpoint. */
  readonly permissions: Reply
  /** Up to 100 permissions after the first. */
  readonly permissionsAfter: Reply
  /** The newest two grants of the audit log. */
  readonly log: Reply
  /** Up to 100 grants after the first of them. */
  readonly logAfter: Reply
  readonly modelPermissions: Reply
  readonly models: Reply
}

/** The projects that were compared, as ids. A missing id: none was compared. */
export interface Compared {
  /** The project whose key listed its models. */
  readonly models?: string | undefined
  readonly modelPermissions?: string | undefined
}

/** Returns the body of a success, or `undefined`. */
export const bodyOf = (reply: Reply): Fields | undefined =>
  reply._tag === "Answered" && reply.status === 200 && isFields(reply.body) ? reply.body : undefined

/** Returns true if the reply proves nothing about the assumption: a server error, a body without JSON, or no reply. */
const isUnusable = (reply: Reply): boolean =>
  reply._tag === "Unanswered" ||
  (reply._tag === "Answered" &&
    (reply.status >= 500 ||
      reply.status === 408 ||
      !isFields(reply.body) ||
      (reply.status !== 200 && !("error" in reply.body))))

/** Returns the scopes that the reply names as missing, such as `api.audit_logs.read`. */
const missingScopes = (reply: Reply): string | undefined => {
  const { message = "" } = errorOf(valueAt(reply, "body"))
  return /missing scopes?: ((?:(?:, ?)?api(?:\.[a-z_]+)+)+)/i.exec(message)?.[1]
}

const statusText = (reply: Reply): string =>
  reply._tag === "Answered"
    ? `the server answered ${reply.status}${isFields(reply.body) ? "" : " without JSON"}`
    : reply.detail

/**
 * Returns the remedy if the first request was refused because of the key, or could not be sent. Returns `undefined`
 * otherwise.
 */
export const problemOf = (first: Reply, key: { readonly isAdmin: boolean }, apiUrl: string): string | undefined => {
  if (first._tag === "Unanswered") {
    return `${apiUrl} cannot be reached (${first.detail}): check the network and --api-url`
  }
  if (first._tag !== "Answered" || (first.status !== 401 && first.status !== 403)) return undefined
  const create = "create an admin key at https://platform.openai.com/settings/organization/admin-keys"
  const scopes = missingScopes(first)
  if (scopes !== undefined) {
    return key.isAdmin
      ? `the admin key lacks the scope ${scopes}: add it, or ${create}`
      : `the key seems to be the ordinary key of a project or user, without the scope ${scopes}: ${create}`
  }
  return key.isAdmin
    ? `the server refuses the key (status ${first.status}): it is wrong, expired or deleted; ${create}`
    : `the server refuses the key (status ${first.status}), and it does not begin with sk-admin-: ${create}`
}

/**
 * `handled`: the server differs, and this tool handles it. `matters`: the server differs, and listings or writes may be
 * wrong. `not-observed`: the replies did not show it. `not-asked`: no request was sent, or the server limited it.
 */
const Verdict = Schema.Literal("ok", "handled", "matters", "not-observed", "not-asked")
type Verdict = typeof Verdict.Type

export const Row = Schema.Struct({
  /** A stable name, such as `page-cursor`. */
  check: Schema.String,
  assumption: Schema.String,
  verdict: Verdict,
  /** The observation, or the reason why there is none. Ids, names and addresses only if an option requests them. */
  detail: Schema.String
})
export interface Row extends Schema.Schema.Type<typeof Row> {}

export const Report = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/doctor"),
  version: Schema.Literal(1),
  createdAt: Schema.DateTimeUtc,
  /** Requests that were sent. */
  requests: Schema.Int,
  exitCode: Schema.Literal(0, 1, 3, 4),
  rows: Schema.Array(Row)
})
export interface Report extends Schema.Schema.Type<typeof Report> {}

type Finding = readonly [verdict: Verdict, detail?: string]

type Find = (body: Fields, items: ReadonlyArray<Fields>) => Finding

/**
 * Makes the row for an assumption about a successful reply. `refusals` has the findings for other statuses with a JSON
 * body.
 */
const rowFor = (
  reply: Reply,
  check: string,
  assumption: string,
  find: Find,
  refusals: Readonly<Record<number, Finding>> = {}
): Row => {
  const row = (verdict: Verdict, detail = ""): Row => ({ check, assumption, verdict, detail })
  const body = bodyOf(reply)
  if (body !== undefined) return row(...find(body, itemsOf(body)))
  if (reply._tag === "Limited") return row("not-asked", reply.detail)
  const refusal = reply._tag === "Answered" && isFields(reply.body) ? refusals[reply.status] : undefined
  if (refusal !== undefined) return row(...refusal)
  const scopes = missingScopes(reply)
  return row("not-observed", scopes === undefined ? statusText(reply) : `the key lacks the scope ${scopes}`)
}

const isOk: Find = () => ["ok"]

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

const isNewestFirst = (items: ReadonlyArray<Fields>, field: string): boolean => {
  const times = items.flatMap((item) => (typeof item[field] === "number" ? [item[field]] : []))
  return times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time))
}

/** Returns the form of an event's actor, without its id or address. */
const actorForm = ({ actor }: Fields): string => {
  if (!isFields(actor)) return "no actor"
  const { api_key: key, session } = actor
  if (isFields(session))
    return `a session, ${textAt(session, "user_agent") === undefined ? "without" : "with"} a user agent`
  return isFields(key)
    ? `a key ${textAt(key, "id") === undefined ? "without" : "with"} an id`
    : "neither a session nor a key"
}

/** Checks the form of a page of the organization's lists. Its `object` may be missing. */
const listForm = (body: Fields): Finding => {
  if (!isPage(body)) return ["matters", "data or has_more is missing"]
  return body["object"] === "list" ? ["ok"] : ["handled", "object is missing"]
}

const pageSize = (body: Fields, items: ReadonlyArray<Fields>): Finding => {
  if (items.length > 100) return ["handled", "a page has more items than the limit"]
  if (items.length === 100) return ["ok"]
  return body["has_more"] === true
    ? ["handled", `a page of ${items.length} items is followed by another`]
    : ["not-observed", "the checkpoint has fewer permissions"]
}

const modelList = ({ mode, model_ids: models }: Fields, project: string): Finding =>
  (mode === "allow_list" || mode === "deny_list") && Array.isArray(models)
    ? ["ok", `${project} has ${mode === "allow_list" ? "an allow list" : "a deny list"} with ${models.length} models`]
    : ["handled", `${project}: the reply has neither an allow list nor a deny list`]

/** Returns the distinct projects of the permissions that were read. */
export const grantedIn = ({
  permissions,
  permissionsAfter
}: Pick<Replies, "permissions" | "permissionsAfter">): ReadonlyArray<string> =>
  Arr.dedupe(
    [permissions, permissionsAfter]
      .flatMap((page) => itemsOf(bodyOf(page)))
      .flatMap((one) => textAt(one, "project_id") ?? [])
  )

/** Returns the time of the oldest grant that was read, and whether it is the log's oldest. */
const logReach = ({ log, logAfter }: Replies): string => {
  const times = [log, logAfter]
    .flatMap((page) => itemsOf(bodyOf(page)))
    .flatMap(({ effective_at: at }) => (typeof at === "number" ? [at] : []))
  const oldest = Math.min(...times)
  if (Option.isNone(DateTime.make(oldest * 1000))) return "no grant has a valid time"
  return bodyOf(logAfter)?.["has_more"] === false
    ? `the oldest grant in the log is of ${instant(oldest)}`
    : `grants were read back to ${instant(oldest)}; older ones were not read`
}

const permissionForm: Find = (body, items) =>
  body["object"] === "list" && isPage(body) && items.every(isPermission)
    ? ["ok"]
    : ["matters", "a field is missing or has another type"]

/** Returns a row for each assumption, in the order of the requests. The details name a project only with `shown`. */
export const rowsOf = (replies: Replies, checkpoint: string | undefined, shown: Compared = {}): ReadonlyArray<Row> => {
  const { log, logAfter, modelPermissions, models, permissions, permissionsAfter, projects } = replies
  const firstPermissions = itemsOf(bodyOf(permissions))
  const firstEvents = itemsOf(bodyOf(log))
  const listProject = printable(shown.modelPermissions ?? "one project")
  const modelsProject = `${printable(shown.models ?? "one project")}, of ${pluralize(grantedIn(replies).length, "listed project")} with a permission`
  return [
    rowFor(projects, "admin-key", "The key is an admin key of an organization.", isOk),
    rowFor(projects, "projects-page", "A page of projects has data and has_more.", listForm),
    rowFor(permissions, "permissions-scope", "The key can list the permissions of a checkpoint.", isOk),
    rowFor(permissions, "permissions-page", "A page of permissions has the expected fields.", permissionForm),
    rowFor(permissionsAfter, "permissions-order", "Permissions are listed newest first.", (_, items) => {
      const all = [...firstPermissions.slice(0, 1), ...items]
      if (all.length < 2) return ["not-observed", "fewer than two permissions"]
      return isNewestFirst(all, "created_at") ? ["ok"] : ["handled", "the order is different"]
    }),
    rowFor(
      permissionsAfter,
      "permissions-cursor",
      "A page after a cursor begins with the next permission.",
      (_, items) => cursor(firstPermissions, items)
    ),
    rowFor(permissionsAfter, "permissions-limit", "A page holds up to 100 permissions.", pageSize, {
      400: ["handled", "a limit of 100 is refused: listings ask for smaller pages"]
    }),
    rowFor(log, "log", "The audit log is on and the key can read it.", (_, items) =>
      items.length === 0 ? ["not-observed", "no grant in the log: it may be off"] : ["ok", logReach(replies)]
    ),
    rowFor(log, "log-page", "A page of the audit log has object, data and has_more.", listForm),
    rowFor(log, "log-actor", "An event names a session or a key as its actor.", (_, [event]) => {
      if (event === undefined) return emptyList
      const form = actorForm(event)
      return [/^(a session|a key)/.test(form) ? "ok" : "handled", `the newest grant has ${form}`]
    }),
    rowFor(logAfter, "log-cursor", "A page of the log after a cursor has older events.", (_, items) =>
      isNewestFirst([...firstEvents.slice(0, 1), ...items], "effective_at")
        ? cursor(firstEvents, items)
        : ["matters", "the page has newer events"]
    ),
    rowFor(
      modelPermissions,
      "model-permissions",
      "The model permissions of a project can be read.",
      (body) => modelList(body, listProject),
      {
        404: ["ok", `404 for ${listProject}: it has no model permissions`]
      }
    ),
    rowFor(models, "models", "A granted checkpoint is among the models of its project.", (_, items) =>
      idsOf(items).some((id) => id === checkpoint)
        ? ["ok", `compared: ${modelsProject}`]
        : ["handled", `the key of ${modelsProject} does not list the checkpoint`]
    )
  ]
}

/** Returns the exit code of a run whose first request was answered. A difference that matters takes precedence. */
export const exitCodeOf = (replies: Replies, rows: ReadonlyArray<Row>): 0 | 3 | 4 => {
  if (rows.some(({ verdict }) => verdict === "matters")) return 3
  const isMissing = (reply: Reply) => isUnusable(reply) || reply._tag === "Limited"
  return Object.values(replies).some(isMissing) ? 4 : 0
}

/** Returns the remedy if requests got no usable answer. */
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
  return [
    ...shown,
    "",
    `${pluralize(requests, "request")} sent, all of them reads. Whether this key can write was not tested.`,
    ""
  ].join("\n")
}
