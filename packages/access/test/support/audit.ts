import type { AccessMatrix } from "@checkpoint-permissions/access"
import { Identifiers } from "@checkpoint-permissions/core"
import { DateTime } from "effect"
import type { Row } from "../../src/internal/audit/matrix.ts"
import { checkpoint, project } from "./world.ts"

export { checkpoint, project }
export const permission = (id: string) => Identifiers.PermissionId.make(id)

export const apiUrl = "https://api.openai.com/v1"

const at = DateTime.unsafeMake("2026-08-01T12:00:00Z")

export interface Given {
  readonly checkpoint: string
  /** Projects and when they got access, in Unix seconds. The ids of permissions are `cp_0`, `cp_1`, … by default. */
  readonly access?: ReadonlyArray<readonly [project: string, created_at: number, permission?: string]>
  readonly owner?: string
  readonly unknown?: string
  /** So many minutes after the audit began. */
  readonly minutes?: number
}

export const row = ({ access = [], checkpoint: id, minutes = 0, owner, unknown }: Given): Row => {
  const read = {
    checkpoint: checkpoint(id),
    readAt: DateTime.add(at, { minutes }),
    ...(owner === undefined ? {} : { owner: project(owner), ownerSource: "job" as const }),
    permissions: access.map(([project_id, created_at, id], n) => ({
      id: permission(id ?? `cp_${n}`),
      project_id: project(project_id),
      created_at
    }))
  }
  return unknown === undefined ? { ...read, complete: true } : { ...read, complete: false, reason: unknown }
}

/** A matrix as an audit would make it. */
export const matrix = (
  rows: ReadonlyArray<Given>,
  others: Partial<Pick<AccessMatrix.AccessMatrix, "names" | "projects" | "project" | "organization">> = {}
): AccessMatrix.AccessMatrix => ({
  format: "checkpoint-permissions/matrix",
  version: 3,
  createdAt: at,
  apiUrl,
  names: {},
  projects: [],
  ...others,
  rows: rows.map(row)
})

/** 2024-07-23T20:01:07Z and so many days later. */
export const day = (days: number): number => 1_721_764_867 + days * 86_400

/** Projects with access, each with the day since when, as `day` counts: `held("proj_a 0", "proj_b 40")`. */
export const held = (...all: ReadonlyArray<string>) =>
  all.map((one) => {
    const [project = "", days] = one.split(" ")
    return [project, day(Number(days))] as const
  })
