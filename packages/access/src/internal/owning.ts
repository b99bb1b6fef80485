import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"

/**
 * Which of `asked` the server refuses because it owns the model: the project
 * that always has access and can be neither granted nor revoked.
 */
export const owningProject = (error: PermissionsError, asked: ReadonlyArray<ProjectId>): ProjectId | undefined => {
  if (error._tag !== "BadRequest" || error.detail === undefined) return undefined
  const about = /owning project\b:?(.*)$/is.exec(error.detail)?.[1]
  if (about === undefined) return undefined
  const named = about
    .trim()
    .replace(/[.'"`]+$/, "")
    .replace(/^['"`]+/, "")
  return asked.find((project) => project === named) ?? (asked.length === 1 ? asked[0] : undefined)
}
