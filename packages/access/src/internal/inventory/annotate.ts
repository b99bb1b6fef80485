import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import type { Inventory } from "./model.ts"
import { labelOf } from "./render.ts"

/** What an inventory calls projects: names of those that have one, and which are archived. */
export const namesOf = (inventory: Inventory): Readonly<Record<string, string>> =>
  Object.fromEntries(
    inventory.projects.list.flatMap(({ archivedAt, id, name }) =>
      name === null && archivedAt === null ? [] : [[id, labelOf(inventory, id)]]
    )
  )

/** A row with what no listing has: the owner, when the model retires, and who granted each permission. */
export const annotated = (
  row: Row,
  owner: ProjectId | null | undefined,
  retires: string | null | undefined,
  by: ReadonlyMap<string | null | undefined, string | null | undefined>
): Row => ({
  ...row,
  ...(row.owner === undefined && owner != null ? { owner } : {}),
  ...(retires == null ? {} : { retires }),
  permissions: row.permissions.map((permission) => {
    const who = by.get(permission.id)
    return who == null ? permission : { ...permission, by: who }
  })
})

/**
 * An audit with what an inventory knows: names of projects and which are archived, owners, when models retire, and who
 * granted what, where the log has it. What the audit read is not changed.
 */
export const annotate = (matrix: AccessMatrix, inventory: Inventory): AccessMatrix => {
  const known = new Map(inventory.checkpoints.map((one) => [one.checkpoint, one]))
  return {
    ...matrix,
    names: { ...matrix.names, ...namesOf(inventory) },
    rows: matrix.rows.map((row) => {
      const { granted = [], owner, retires } = known.get(row.checkpoint) ?? {}
      return annotated(row, owner, retires, new Map(granted.map(({ by, permission }) => [permission, by])))
    })
  }
}
