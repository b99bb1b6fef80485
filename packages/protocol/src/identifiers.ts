/**
 * What an identifier may be. Each function returns the reason why an id is
 * refused, or `undefined`.
 *
 * @since 0.1.0
 */

const refuseId = (id: string): string | undefined => {
  if (id === "") return "empty"
  if (id.length > 512) return "longer than 512 characters"
  if (id === "." || id === "..") return "a dot segment"
  if (/[\u0000-\u001f\u007f]/.test(id)) return "holds a control character"
  if (id.trim() !== id) return "begins or ends with white space"
  return undefined
}

const startsWith = (id: string, prefixes: ReadonlyArray<string>): string | undefined => {
  const found = prefixes.find((prefix) => id.startsWith(prefix))
  return found === undefined ? undefined : `begins with ${found}: an id of another kind`
}

/**
 * @category refusals
 * @since 0.1.0
 */
export const refuseCheckpoint = (id: string): string | undefined =>
  refuseId(id) ?? startsWith(id, ["ftckpt_", "ftjob-", "proj_", "cp_", "sk-"])

/**
 * @category refusals
 * @since 0.1.0
 */
export const refuseProject = (id: string): string | undefined =>
  refuseId(id) ?? startsWith(id, ["ft:", "ftjob-", "cp_", "sk-"])

/**
 * @category refusals
 * @since 0.1.0
 */
export const refusePermission = (id: string): string | undefined =>
  refuseId(id) ?? startsWith(id, ["ft:", "proj_", "sk-"])
