/**
 * Two audits compared: what was granted, what was revoked, and what nobody
 * knows. Pure functions of two matrices.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AccessMatrix } from "./AccessMatrix.ts"
import { compare, differs, isUnknown } from "./internal/diff/compare.ts"
import * as file from "./internal/diff/file.ts"
import { type AccessDiff, IncomparableAudits } from "./internal/diff/model.ts"
import * as render from "./internal/diff/render.ts"

export {
  AccessDiff,
  Change,
  CheckpointDiff,
  IncomparableAudits,
  Replaced,
  Uncertain
} from "./internal/diff/model.ts"

/**
 * What differs from the older audit to the newer one, each pair of checkpoint
 * and project once.
 *
 * Only what both audits know can differ. A checkpoint that one of them does not
 * have, that it did not read to the end, or that it asked about another project
 * is unknown there: what is not known on one side is neither granted nor
 * revoked. A project with access on both sides by other permissions is
 * `replaced`. The API lists no owner, so an owner that only one audit was told
 * is taken for that of both.
 *
 * Fails with `IncomparableAudits` when they are of different servers or
 * organizations.
 *
 * @example
 * ```ts
 * import { AccessDiff, AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const compared = Effect.fn(function* (yesterday: string, today: string) {
 *   const diff = yield* AccessDiff.make(yield* AccessMatrix.fromJson(yesterday), yield* AccessMatrix.fromJson(today))
 *   for (const { checkpoint, granted } of diff.checkpoints) {
 *     for (const { project } of granted) yield* Effect.log(`${project} can use ${checkpoint} now`)
 *   }
 *   return AccessDiff.hasUnknown(diff) ? "unknown" : AccessDiff.isEmpty(diff) ? "same" : "different"
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (older: AccessMatrix, newer: AccessMatrix): Effect.Effect<AccessDiff, IncomparableAudits> =>
  Effect.suspend(() => {
    const made = compare(older, newer)
    return made instanceof IncomparableAudits ? Effect.fail(made) : Effect.succeed(made)
  })

/**
 * Whether nothing is known to differ. What is unknown is no difference: ask
 * {@link hasUnknown} too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessDiff } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * const diff = await Effect.runPromise(AccessDiff.make(matrix, matrix))
 * assert.equal(AccessDiff.isEmpty(diff), true)
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const isEmpty = (diff: AccessDiff): boolean => !diff.checkpoints.some(differs)

/**
 * Whether an audit does not know everything about some checkpoint.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessDiff } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * const diff = await Effect.runPromise(AccessDiff.make({ ...matrix, rows: [] }, matrix))
 * // the older audit did not read the checkpoint
 * assert.equal(AccessDiff.hasUnknown(diff), true)
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const hasUnknown = (diff: AccessDiff): boolean => diff.checkpoints.some(isUnknown)

/**
 * @category rendering
 * @since 0.1.0
 * @see {@link toText}
 */
export interface TextOptions {
  /** The columns there are. Default: no limit. Fewer than 24 are taken for 24. */
  readonly width?: number | undefined
  /** Colours, beside the marks that say the same. Default: false. */
  readonly color?: boolean | undefined
}

/**
 * For a terminal or a log: `+` granted, `-` revoked, `~` by other permissions or
 * of another owner, `?` unknown, under each checkpoint, and a sentence about all
 * of them. No id is cut, and nothing in it acts on a terminal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessDiff } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * const older = { ...matrix, rows: matrix.rows.map((row) => ({ ...row, permissions: [] })) }
 * const diff = await Effect.runPromise(AccessDiff.make(older, matrix))
 * assert.match(AccessDiff.toText(diff, { width: 100 }), /\+ .*proj_search/)
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const toText = (diff: AccessDiff, options: TextOptions = {}): string =>
  render.text(diff, {
    width: Math.max(24, Math.floor(options.width ?? Number.POSITIVE_INFINITY)),
    color: options.color ?? false
  })

/**
 * For programs: everything the diff holds, with `isEmpty` and `hasUnknown`. A
 * line for each checkpoint, and no character in it acts on a terminal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessDiff } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * const diff = await Effect.runPromise(AccessDiff.make(matrix, matrix))
 * assert.equal(JSON.parse(AccessDiff.toJson(diff)).isEmpty, true)
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const toJson: (diff: AccessDiff) => string = file.toJson

/**
 * For a review or a job's summary. Ids, names and reasons stand in a fenced
 * block, so that nothing in them is markup, a link or a mention.
 *
 * @example
 * ```ts
 * import { AccessDiff } from "@checkpoint-permissions/access"
 * import { FileSystem } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * // the summary of a job in a CI
 * const summarized = (diff: AccessDiff.AccessDiff, file: string) =>
 *   Effect.flatMap(FileSystem.FileSystem, (system) => system.writeFileString(file, AccessDiff.toMarkdown(diff)))
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const toMarkdown: (diff: AccessDiff) => string = render.markdown
