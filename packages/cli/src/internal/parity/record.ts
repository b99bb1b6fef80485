/** What is kept of a run: nothing that tells whose organization it was. */
import { formatBehavior } from "@checkpoint-permissions/fake/emulator"
import * as Predicate from "effect/Predicate"
import { type Answer, type Exchange, errorOf } from "./exchange.ts"
import type { Outcomes } from "./meanings.ts"

/** Headers that say how the server works, and nothing about who asked. */
const headers = /^(?:content-type|retry-after|retry-after-ms|x-should-retry|x-ratelimit-[a-z-]+|openai-version|allow)$/

/** Texts of the API, "…" being what may tell of an organization. */
const texts = [
  "Invalid 'after': …",
  "Invalid 'before': …",
  "No checkpoint permission found with id '…'.",
  "Cannot modify checkpoint permissions for the owning project: …",
  "Project … already has access to this checkpoint.",
  "The model '…' does not exist or you do not have access to it.",
  "Audit logging is not enabled for this organization.",
  "No model permissions are set for project '…'."
]

/** Texts that are kept as they are, up to here. */
const whole =
  /^(?:Invalid '(?:limit|after|before|order|project_ids)': integer (?:above maximum|below minimum) value\. Expected a value [<>]= \d+, but got -?\d+ instead\.$|You have insufficient permissions for this operation\. Missing scopes: [a-z._, ]+\.)/

const isLike = (message: string, text: string): boolean => {
  const [before = "", after = ""] = text.split("…")
  return text.includes("…") ? message.startsWith(before) && message.endsWith(after) : message === text
}

const messageOf = (message = ""): string | undefined =>
  whole.exec(message)?.[0] ?? texts.find((text) => isLike(message, text))

/** What looks like an id or a key, wherever it stands. */
const id = /(?:^|[^a-z])(?:ft|ftjob|ftckpt|proj|cp|sk|org|user|key|req|audit_log)[-_:]/i

/** A name that the API chose; anything else could be data. */
const nameOf = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\w.$[\]-]{1,64}$/.test(text) && !id.test(text) ? text : undefined

/** What stands behind a segment of a path, or in a parameter. */
const kinds: Readonly<Record<string, "checkpoint" | "permission" | "project" | "id">> = {
  checkpoints: "checkpoint",
  permissions: "permission",
  projects: "project",
  after: "permission",
  project_id: "project",
  "resource_ids[]": "id"
}

/** Ids as names such as `project_1`, one for each; what is behind any other word stays. */
const renaming = () => {
  const names = new Map<string, string>()
  return (behind: string, text: string): string => {
    const kind = Object.hasOwn(kinds, behind) ? kinds[behind] : undefined
    if (kind === undefined) return text
    const count = [...names.values()].filter((name) => name.startsWith(kind)).length
    const name = names.get(text) ?? `${kind}_${count + 1}`
    names.set(text, name)
    return name
  }
}

type Rename = ReturnType<typeof renaming>

const pathOf = (path: string, rename: Rename): string =>
  path
    .split("/")
    .map((segment, i, all) => rename(all[i - 1] ?? "", decodeURIComponent(segment)))
    .join("/")

const bodyOf = (body: unknown, rename: Rename): unknown =>
  Predicate.hasProperty(body, "project_ids") && Array.isArray(body.project_ids)
    ? { project_ids: body.project_ids.map((project) => rename("project_id", String(project))) }
    : undefined

/** The types of a value, in place of it; of a list the first item and how many there are. */
export const shapeOf = (value: unknown, name = ""): unknown => {
  if (Array.isArray(value)) return { items: value.length, ...(value.length === 0 ? {} : { first: shapeOf(value[0]) }) }
  if (Predicate.isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [nameOf(key) ?? "other", shapeOf(one, key)]))
  }
  if (value === null) return "null"
  if (typeof value === "boolean") return value
  return name === "object" && typeof value === "string" ? (nameOf(value) ?? "string") : typeof value
}

const answerOf = (answer: Answer) => {
  const { code, message, param, type } = errorOf(answer)
  const error = { type: nameOf(type), code: nameOf(code), param: nameOf(param), message: messageOf(message) }
  return {
    status: answer.status,
    headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => headers.test(name))),
    ...(answer.status < 400 ? { shape: shapeOf(answer.body) } : { error })
  }
}

/** A file of settings for the emulator, with what they were read from. `at` is a time in ISO 8601. */
export const recordOf = (outcomes: Outcomes, exchanges: ReadonlyArray<Exchange>, at: string) => {
  const rename = renaming()
  return {
    behavior: formatBehavior(
      Object.fromEntries(
        Object.entries(outcomes).flatMap(([name, outcome]) => ("found" in outcome ? [[name, outcome.found]] : []))
      )
    ),
    parity: {
      at,
      settings: outcomes,
      exchanges: exchanges.map(({ answer, question }) => ({
        method: question.method,
        path: pathOf(question.path, rename),
        query: question.query.map(([name, value]) => [name, rename(name, value)]),
        body: bodyOf(question.body, rename),
        ...answerOf(answer)
      }))
    }
  }
}
