/** Which setting an answer amounts to. */
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import type { Event, ModelPermissions, Page } from "./answers.ts"
import { deletedOf, errorOf, eventsOf, modelPermissionsOf, pageOf } from "./answers.ts"
import type { Answer } from "./exchange.ts"
import type { Outcome } from "./outcome.ts"
import { found, notObservable } from "./outcome.ts"

type Setting<K extends keyof ServerBehavior> = Outcome<ServerBehavior[K]>

/** A refusal in the words of the API: one of a proxy, or of a server without this route, says nothing. */
const isRefused = (answer: Answer, status: number): boolean => {
  const { message } = errorOf(answer)
  return answer.status === status && message !== undefined && !/^(?:Invalid|Unknown request) URL/.test(message)
}

const other = ({ status }: Answer) => notObservable(`the server answered ${status}`)

/** Listing a checkpoint that nobody has. */
export const unknownCheckpoints = (answer: Answer): Setting<"unknownCheckpoints"> => {
  if (pageOf(answer) !== undefined) return found("accept")
  return isRefused(answer, 404) ? found("not-found") : other(answer)
}

/** A `limit` larger than any server takes. */
export const overLimit = (answer: Answer): Setting<"overLimit"> => {
  if (pageOf(answer) !== undefined) return found("clamp")
  return isRefused(answer, 400) ? found("bad-request") : other(answer)
}

/** The largest `limit` that a refusal names. */
export const statedLimit = (answer: Answer): number | undefined => {
  const [, stated] = /<= (\d{1,6})\b/.exec(errorOf(answer).message ?? "") ?? []
  return stated === undefined || Number(stated) < 1 ? undefined : Number(stated)
}

/** A `limit` of 0. */
export const underLimit = (answer: Answer): Setting<"underLimit"> => {
  if (pageOf(answer) !== undefined) return found("default")
  return isRefused(answer, 400) ? found("bad-request") : other(answer)
}

/** An `after` that is no permission, in a listing that is empty or not. */
export const unknownAfter = (answer: Answer, isEmpty: boolean): Setting<"unknownAfter"> => {
  const page = pageOf(answer)
  if (page !== undefined) {
    if (isEmpty) return notObservable("the listing is empty: its first page looks like an empty one")
    if (page.items.length > 0) return found("restart")
    return page.more ? notObservable("an empty page, with more to come") : found("empty-page")
  }
  if (isRefused(answer, 400)) return found("bad-request")
  return isRefused(answer, 404) ? found("not-found") : other(answer)
}

/** Listing the models with an admin key. */
export const missingScopeStatus = (answer: Answer): Setting<"missingScopeStatus"> => {
  const { code, message } = errorOf(answer)
  const isMissing = code === "missing_scope" || /missing scopes|insufficient permissions/i.test(message ?? "")
  if (answer.status === 200) return notObservable("the key may list models too")
  return (answer.status === 401 || answer.status === 403) && isMissing ? found(answer.status) : other(answer)
}

const isUnset = ({ mode, models }: ModelPermissions, ofMode: string): boolean => mode === ofMode && models === 0

/** The model permissions of some projects. */
export const unsetModelPermissions = (answers: ReadonlyArray<Answer>): Setting<"unsetModelPermissions"> => {
  const [first] = answers
  if (first === undefined) return notObservable("there is no project")
  if (answers.every((answer) => isRefused(answer, 404))) return found("not-found")
  const sets = answers.map(modelPermissionsOf)
  const all = (mode: string) => sets.every((set) => set !== undefined && isUnset(set, mode))
  if (all("deny_list")) return found("deny-none")
  if (all("allow_list")) return found("allow-none")
  return sets.includes(undefined) ? other(first) : notObservable("those of the first projects are set, or differ")
}

export const auditLog = (answer: Answer): Setting<"auditLog"> => {
  if (eventsOf(answer) !== undefined) return found("on")
  return isRefused(answer, 403) ? found("off") : other(answer)
}

const resources = ["permission", "checkpoint", "project"] as const

/** The ids that `resource_ids[]` is tried with, for an event that has all three. */
export const resourcesOf = (event: Event): ReadonlyArray<readonly [(typeof resources)[number], string]> =>
  resources.flatMap((resource) => {
    const id = event[resource]
    return id === undefined ? [] : [[resource, id] as const]
  })

/** Granting a project that has the permission already; `page` is what the answer holds of that project. */
export const regrant = (answer: Answer, page: Page | undefined, existing: string): Setting<"regrant"> => {
  if (page !== undefined) {
    const [item] = page.items
    if (item === undefined) return notObservable("the answer names no permission")
    return found(item.id === existing ? "existing" : "second")
  }
  if (isRefused(answer, 409)) return found("conflict")
  return isRefused(answer, 400) ? found("bad-request") : other(answer)
}

/** Deleting a permission that was deleted. */
export const deleteGone = (answer: Answer): Setting<"deleteGone"> => {
  const deleted = deletedOf(answer)
  if (deleted !== undefined) return found(deleted ? "deleted-true" : "deleted-false")
  return isRefused(answer, 404) ? found("not-found") : other(answer)
}
