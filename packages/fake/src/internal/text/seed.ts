import type { Organization, Seed } from "../../seed.ts"
import { assertOrganization, assertSeed } from "../../seed.ts"
import { isRecord } from "../checks.ts"

/** Permissions, and what the routes next to them show. */
export interface Data {
  readonly seed: Seed
  readonly organization: Organization | undefined
}

/**
 * `{"<checkpoint>": ["<project>", …], …}`, and under `organization` an object of projects, models, jobs and model
 * permissions. Throws `InvalidSetting`.
 */
export const parse = (value: unknown, field: string): Data => {
  const { organization, ...permissions } = isRecord(value) ? value : {}
  // the permissions of a checkpoint are a list
  const isSection = isRecord(organization)
  const seed: unknown = isSection ? permissions : value
  assertSeed(seed, field)
  if (!isSection) return { seed, organization: undefined }
  assertOrganization(organization, `${field}.organization`)
  return { seed, organization }
}
