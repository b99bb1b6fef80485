import type { Organization, Seed } from "../../seed.ts"
import { assertOrganization, assertSeed } from "../../seed.ts"
import { isRecord } from "../checks.ts"

/**
 * The permissions of a seed file, and the organization in it if there is one:
 * `{"<checkpoint>": ["<project>", …], …}`, and under `organization` an object of projects, models, jobs and model
 * permissions. Throws `InvalidSetting`.
 *
 * @category settings
 */
export const parseSeed = (value: unknown): { readonly seed: Seed; readonly organization: Organization | undefined } => {
  const { organization, ...permissions } = isRecord(value) ? value : {}
  // the permissions of a checkpoint are a list
  const isSection = isRecord(organization)
  const seed: unknown = isSection ? permissions : value
  assertSeed(seed)
  if (!isSection) return { seed, organization: undefined }
  assertOrganization(organization, "seed.organization")
  return { seed, organization }
}
