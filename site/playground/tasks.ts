/** What can be tried on the playground: a listing, and what an apply does at each checkpoint of a policy. */

import type { wire } from "@checkpoint-permissions/protocol"
import { listing, routes, settling } from "@checkpoint-permissions/protocol"
import { deletion, Failed, page, type Session } from "./session.ts"

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
export const checkpoints: ReadonlyArray<string> = Array.from(
  { length: 8 },
  (_, index) => `ft:gpt-4o-mini-2024-07-18:org:model-${index + 1}:B7R9VjQ${index + 1}`
)

const project = (index: number): string => `proj_${String(index).padStart(4, "0")}`

/** What the server has at the start. */
export const seed: Readonly<Record<string, ReadonlyArray<string>>> = {
  [checkpoint]: Array.from({ length: 2000 }, (_, index) => project(index)),
  ...Object.fromEntries(checkpoints.map((id, index) => [id, [project(index), project(index + 1)]]))
}

/** Who is to have access to each checkpoint in the end. */
const wanted = ["proj_0001", "proj_search", "proj_support"]

const pathOf = (route: routes.Route): string => {
  if ("path" in route) return route.path
  throw new Error(route.reason)
}

const listed = async ({ send }: Session, id: string): Promise<ReadonlyArray<wire.Permission>> => {
  const permissions: Array<wire.Permission> = []
  let step: listing.Step<wire.Page> | undefined = listing.start<wire.Page>({ checkpoint: id, limit: 100 })
  while (step !== undefined) {
    if ("fail" in step) throw new Failed(step.fail)
    if ("emit" in step) {
      permissions.push(...step.emit.data)
      step = step.then
      continue
    }
    const { ask, state }: Extract<typeof step, { ask: unknown }> = step
    const query = new URLSearchParams(
      Object.entries(ask).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
    )
    try {
      const found = await send({
        operation: "list",
        checkpoint: id,
        path: `${pathOf(routes.permissions(id))}?${query}`,
        read: page
      })
      step = listing.onPage(state, found)
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      step = listing.onFailure(state, error.failure)
    }
  }
  return permissions
}

/** Creates what is missing. A create that may have been carried out is not sent again before a reading says so. */
const grant = async (session: Session, id: string): Promise<number> => {
  for (let granted = 0; ; ) {
    const present = await listed(session, id)
    const missing = wanted.filter((name) => present.every(({ project_id }) => project_id !== name))
    if (missing.length === 0) return granted
    granted = missing.length
    try {
      await session.send({
        operation: "create",
        checkpoint: id,
        path: pathOf(routes.permissions(id)),
        method: "POST",
        body: { project_ids: missing },
        read: page
      })
      return granted
    } catch (error) {
      const isSettledByReading =
        error instanceof Failed && error.failure.mayHaveExecuted && session.manner === "adaptive"
      if (!isSettledByReading) throw error
    }
  }
}

/** Deletes a permission. One that an earlier attempt deleted, whose reply was lost, is not there any more. */
const revoke = async (session: Session, id: string, permission: string): Promise<void> => {
  try {
    await session.send({
      operation: "delete",
      checkpoint: id,
      path: pathOf(routes.permission(id, permission)),
      method: "DELETE",
      read: deletion
    })
  } catch (error) {
    const isDone = error instanceof Failed && settling.onDelete(error.failure, error.failure.mayHaveExecuted) === "done"
    if (!isDone || session.manner === "simple") throw error
  }
}

export const tasks = {
  list: {
    title: "List 2,000 permissions",
    run: async (session: Session): Promise<string> => {
      const permissions = await listed(session, checkpoint)
      return `${permissions.length.toLocaleString("en")} permissions were listed.`
    }
  },
  apply: {
    title: "Give three projects access to eight checkpoints, and take it from others",
    run: async (session: Session): Promise<string> => {
      let granted = 0
      let revoked = 0
      for (const id of checkpoints) {
        granted += await grant(session, id)
        for (const permission of await listed(session, id)) {
          if (wanted.includes(permission.project_id)) continue
          await revoke(session, id, permission.id)
          revoked++
        }
      }
      return `${granted} grants and ${revoked} revokes at ${checkpoints.length} checkpoints.`
    }
  }
} as const

export type Task = keyof typeof tasks
