import * as Effect from "effect/Effect"
import { sha256 } from "../sha256.ts"
import type { AccessPolicy, Resolved } from "./model.ts"
import { resolve } from "./resolve.ts"

const byCheckpoint = (
  [one]: readonly [string, ...ReadonlyArray<unknown>],
  [other]: readonly [string, ...ReadonlyArray<unknown>]
) => (one < other ? -1 : one > other ? 1 : 0)

/** The same text for the same meaning: order, groups, names and the default mode make no difference. */
const canonical = (resolved: ReadonlyArray<Resolved>): string =>
  JSON.stringify([
    "checkpoint-permissions/policy",
    1,
    resolved
      .map(({ checkpoint, owner, mode, projects }) => [checkpoint, owner ?? null, mode, [...projects].sort()] as const)
      .sort(byCheckpoint)
  ])

/**
 * `sha256:<hex>` of what a policy means: for each checkpoint its owner, mode and projects. Order, comments, YAML or
 * JSON, names, and whether a project is listed or in a group make no difference.
 *
 * @category meaning
 * @since 0.1.0
 */
export const digest = (policy: AccessPolicy): Effect.Effect<string> =>
  Effect.flatMap(Effect.orDie(resolve(policy)), (resolved) => sha256(canonical(resolved)))
