/** The fake's list of permissions, which changes between requests. */
import { assert } from "vitest"
import { type Case, checkpoint, create, hostOf } from "../../../contract/src/index.ts"
import { ofReply } from "../../src/failure.ts"
import type { ListParams } from "../../src/wire.ts"
import { readPage } from "../../src/wire.ts"
import { call } from "./failure.ts"
import type { Answer } from "./listing.ts"

export interface Behavior extends NonNullable<Case["behavior"]> {
  readonly lastId: "item" | "null" | "absent"
}

export const projectOf = (n: number): string => `proj_${n % 3}`

const ids = {
  isPermissionId: (id: string): id is string => id !== "",
  isProjectId: (id: string): id is string => id !== ""
}
const path = `/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
const headers = { authorization: "Bearer sk-admin-test" }

export const make = (count: number, { lastId, ...behavior }: Behavior) => {
  const has = Array.from({ length: count }, (_, n) => projectOf(n))
  const server = hostOf({ name: "", call: create(), ok: "any", has, behavior })
  const list = (ask: ListParams): Answer => {
    const query = Object.entries(ask).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as const]
    )
    const { step } = server.receive({ method: "GET", url: path, path, query, headers, body: "" }, 0)
    assert(step._tag === "Done" && step.outcome._tag === "Replied" && step.outcome.reply.body._tag === "Text")
    const { body, ...head } = step.outcome.reply
    const reading = { ...call(), read: readPage(ids) }
    const result = ofReply(reading, { ...head, body: body.text, complete: true, now: 0 }, String)
    if (!("ok" in result)) return result
    const isItem = result.ok.last_id === result.ok.data.at(-1)?.id
    return lastId === "item" || !isItem ? result.ok : { ...result.ok, last_id: lastId === "null" ? null : undefined }
  }
  return {
    list,
    requests: server.requestCount,
    /** Oldest first. */
    permissions: () => server.permissions(checkpoint),
    remove: (id: string | undefined) => server.remove(checkpoint, id ?? "", 0),
    add: (project: string) => server.grant(checkpoint, project, 0)?.id ?? ""
  }
}
