/**
 * The model permissions of a project compared with a checkpoint. Nothing public says how a list treats fine-tuned models,
 * so the result states the list, not its effect.
 *
 * | list | has the exact name | has a related name only | neither |
 * | --- | --- | --- | --- |
 * | allow | – | `unknown` | `not in the project's allow list` |
 * | allow, empty | – | – | `unknown`: it may mean unset |
 * | deny | `in the project's deny list` | `unknown` | – |
 *
 * Related are the base model, an alias or snapshot of it, and the other checkpoints of the job.
 */
import type { ModelPermissions } from "./wire.ts"

/** The text after a project that has access to a checkpoint. */
export type Mark = "unknown" | "not in the project's allow list" | "in the project's deny list"

/** Returns a model's name without the date of its snapshot, such as `-2024-07-18` or `-0613`. */
const family = (model: string): string => model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{4})$/, "")

/** Returns the part of a model name that all models of its job begin with: `ft:base:organization:suffix:id`. */
const jobOf = (model: string): string => model.split(":").slice(0, 5).join(":")

/**
 * Returns the mark of a checkpoint. Returns `undefined` if it needs none. `permissions` is `undefined` if none are set.
 * `siblings` are other checkpoints of its job, whose names need not show this.
 */
export const markOf = (
  permissions: ModelPermissions | undefined,
  checkpoint: string,
  siblings: ReadonlyArray<string> = []
): Mark | undefined => {
  if (permissions === undefined) return undefined
  const { mode, models } = permissions
  const isAllowed = mode === "allow_list"
  if (models.includes(checkpoint)) return isAllowed ? undefined : "in the project's deny list"
  if (models.length === 0) return isAllowed ? "unknown" : undefined
  const [prefix, base = ""] = checkpoint.split(":")
  // an older id, ft-…, names no base
  const isRelated =
    prefix !== "ft" ||
    models.some(
      (model) =>
        siblings.includes(model) ||
        (model.startsWith("ft:") ? jobOf(model) === jobOf(checkpoint) : family(model) === family(base))
    )
  if (isRelated) return "unknown"
  return isAllowed ? "not in the project's allow list" : undefined
}
