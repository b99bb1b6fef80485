/**
 * Who can use what, as an audit found it: checkpoints × projects. A value that
 * saves and loads, answers questions, and is shown as a table, CSV, JSON or a
 * page. What could not be read is never shown as no access.
 *
 * @since 0.1.0
 */
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as AccessPolicy from "./AccessPolicy.ts"
import * as cells from "./internal/audit/cells.ts"
import type { AccessMatrix, Cell, Counts, Row, Summary } from "./internal/audit/matrix.ts"
import * as file from "./internal/audit/matrixFile.ts"
import * as merging from "./internal/audit/merge.ts"
import { label } from "./internal/part.ts"
import * as renderCsv from "./internal/render/csv.ts"
import * as page from "./internal/render/page.ts"
import * as renderTable from "./internal/render/table.ts"
import { oneLine } from "./internal/text.ts"

export { AccessMatrix, type Cell, type Counts, Held, Row, type Summary } from "./internal/audit/matrix.ts"
export { UnmergeableAudits } from "./internal/audit/merge.ts"
export { Part } from "./internal/part.ts"

/**
 * A text that is no matrix.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const error = await Effect.runPromise(Effect.flip(AccessMatrix.fromJson("{}")))
 * assert.equal(error._tag, "InvalidMatrix")
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidMatrix extends Schema.TaggedError<InvalidMatrix>()("InvalidMatrix", {
  /** What is wrong with it. */
  detail: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    return `the audit cannot be read (${this.detail}): make it anew`
  }
}

/**
 * A matrix that is no basis for a policy: something in it is unknown, or it is
 * one part of an audit.
 *
 * @example
 * ```ts
 * import { AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const exported = (matrix: AccessMatrix.AccessMatrix) =>
 *   AccessMatrix.toPolicy(matrix).pipe(
 *     Effect.tapErrorTag("IncompleteMatrix", ({ checkpoints }) =>
 *       Effect.logError(`read again: ${checkpoints.join(", ")}`)
 *     )
 *   )
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class IncompleteMatrix extends Schema.TaggedError<IncompleteMatrix>()("IncompleteMatrix", {
  /** Checkpoints of which something is unknown. */
  checkpoints: Schema.Array(Schema.String),
  /** Why the first of them is, or of which part the matrix is. */
  reason: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    if (this.checkpoints.length === 0) return `the audit is incomplete (${oneLine(this.reason)}): merge all its parts`
    const others = this.checkpoints.length - 1
    const which = `${oneLine(this.checkpoints[0] ?? "", 512)}${others > 0 ? ` and ${others} more` : ""}`
    return `the audit is incomplete for ${which} (${oneLine(this.reason)}): read ${others > 0 ? "them" : "it"} again, or leave ${others > 0 ? "them" : "it"} out`
  }
}

/**
 * What is known of a project's access to a checkpoint.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * const cell = (project: string) => AccessMatrix.cell(matrix, checkpoint, Identifiers.ProjectId.make(project))
 * assert.equal(cell("proj_search")._tag, "Access")
 * assert.equal(cell("proj_other")._tag, "None")
 * ```
 *
 * @category questions
 * @since 0.1.0
 */
export const cell: (matrix: AccessMatrix, checkpoint: CheckpointId, project: ProjectId) => Cell = cells.cell

/**
 * The columns: every project that has access to something, owns something or
 * was asked for, by name, then by id.
 *
 * @example
 * ```ts
 * import { AccessMatrix } from "@checkpoint-permissions/access"
 *
 * const columns = (matrix: AccessMatrix.AccessMatrix): ReadonlyArray<string> =>
 *   AccessMatrix.projects(matrix).map((project) => AccessMatrix.nameOf(matrix, project) ?? project)
 * ```
 *
 * @category questions
 * @since 0.1.0
 */
export const projects: (matrix: AccessMatrix) => ReadonlyArray<ProjectId> = cells.projects

/**
 * The name of a project, if it has one.
 *
 * @example
 * ```ts
 * import { AccessMatrix } from "@checkpoint-permissions/access"
 *
 * const shown = (matrix: AccessMatrix.AccessMatrix, project: string): string =>
 *   AccessMatrix.nameOf(matrix, project) ?? project
 * ```
 *
 * @category questions
 * @since 0.1.0
 */
export const nameOf: (matrix: AccessMatrix, project: string) => string | undefined = cells.nameOf

/**
 * How much of each there is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * assert.equal(AccessMatrix.counts(matrix).permissions, 1)
 * assert.equal(AccessMatrix.counts(matrix).incomplete, 0)
 * ```
 *
 * @category questions
 * @since 0.1.0
 */
export const counts: (matrix: AccessMatrix) => Counts = cells.counts

/**
 * A row in a few words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * assert.deepEqual(
 *   matrix.rows.map((row) => AccessMatrix.summary(row).projects),
 *   [1]
 * )
 * ```
 *
 * @category questions
 * @since 0.1.0
 */
export const summary: (row: Row) => Summary = cells.summary

/**
 * The present state as a policy: applied at once, it changes nothing. The owner
 * is named as owner and not listed; of names, those of the projects in it.
 *
 * Fails with `IncompleteMatrix` when anything is unknown, since a policy that
 * leaves a project out takes its access away, and when the matrix is one part of
 * an audit, since its policy would be taken for all of it; and with
 * `InvalidPolicy` when a project's id begins with `@`, which a policy takes for a
 * group.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix, AccessPolicy } from "@checkpoint-permissions/access"
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
 * const policy = await Effect.runPromise(AccessMatrix.toPolicy(matrix))
 * assert.match(AccessPolicy.format(policy), /projects: *\n? *(- |\[ ?)proj_search/)
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const toPolicy = (
  matrix: AccessMatrix
): Effect.Effect<AccessPolicy.AccessPolicy, IncompleteMatrix | AccessPolicy.InvalidPolicy> =>
  Effect.gen(function* () {
    if (matrix.part !== undefined) {
      return yield* new IncompleteMatrix({ checkpoints: [], reason: `it is ${label(matrix.part)}` })
    }
    const unknown = matrix.rows.flatMap(
      (row): ReadonlyArray<{ readonly checkpoint: string; readonly reason: string }> => {
        if (!row.complete) return [row]
        if (matrix.project === undefined) return []
        return [{ checkpoint: row.checkpoint, reason: "it was asked about one project only" }]
      }
    )
    if (unknown[0] !== undefined) {
      const checkpoints = unknown.map(({ checkpoint }) => checkpoint)
      return yield* new IncompleteMatrix({ checkpoints, reason: unknown[0].reason })
    }
    const columns = projects(matrix)
    const policy = yield* AccessPolicy.fromState(
      matrix.rows.map((row) => ({
        checkpoint: row.checkpoint,
        owner: row.owner,
        projects: columns.filter((project) => cells.cellOf(matrix, row, project)._tag === "Access")
      }))
    )
    const used = columns.filter((project) =>
      matrix.rows.some((row) => cells.cellOf(matrix, row, project)._tag !== "None")
    )
    const names = used.flatMap((project) => {
      const name = nameOf(matrix, project)
      return name === undefined ? [] : [[project, name] as const]
    })
    return names.length === 0 ? policy : { ...policy, names: Object.fromEntries(names) }
  })

/**
 * Audits that are one together: all parts of an audit, or audits of different
 * checkpoints. Where several have a checkpoint, the row that was read last
 * stays, complete or not. It is as old as the oldest of them, and the newest
 * names stay.
 *
 * Fails with `UnmergeableAudits` when they are of different servers,
 * organizations or asked projects, or when a part is missing or is one of other
 * checkpoints: what is merged of parts is always the whole.
 *
 * @example
 * ```ts
 * import { AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const together = Effect.fn(function* (files: ReadonlyArray<string>) {
 *   return yield* AccessMatrix.merge(yield* Effect.forEach(files, AccessMatrix.fromJson))
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const merge = (matrices: ReadonlyArray<AccessMatrix>): Effect.Effect<AccessMatrix, merging.UnmergeableAudits> =>
  Effect.suspend(() => {
    const merged = merging.merge(matrices)
    return merged instanceof merging.UnmergeableAudits ? Effect.fail(merged) : Effect.succeed(merged)
  })

/**
 * The matrix as a file: it loses nothing, holds no character that acts on a
 * terminal, and has a line for each checkpoint.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * const again = await Effect.runPromise(AccessMatrix.fromJson(AccessMatrix.toJson(matrix)))
 * assert.deepEqual(again, matrix)
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const toJson: (matrix: AccessMatrix) => string = file.toJson

/**
 * Reads what `toJson` wrote, for instance to resume an audit.
 *
 * @example
 * ```ts
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const resumed = Effect.fn(function* (saved: string) {
 *   const previous = yield* AccessMatrix.fromJson(saved)
 *   return yield* Access.audit(
 *     previous.rows.map((row) => row.checkpoint),
 *     { previous }
 *   )
 * })
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const fromJson = (text: string): Effect.Effect<AccessMatrix, InvalidMatrix> =>
  Effect.mapError(file.fromJson(text), (detail) => new InvalidMatrix({ detail }))

/**
 * @category rendering
 * @since 0.1.0
 * @see {@link toTable}
 */
export interface TableOptions {
  /** The columns there are. Default: no limit, as for a pipe or a file. Fewer than 24 are taken for 24. */
  readonly width?: number | undefined
  /** Colours, beside the words and marks that say the same. Default: false. */
  readonly color?: boolean | undefined
  /**
   * `table`, checkpoints × projects; `summary`, a few words for each checkpoint;
   * `list`, a line for every project of each checkpoint. Default: the table where
   * it fits, otherwise the summary.
   */
  readonly form?: "table" | "summary" | "list" | undefined
}

/**
 * The matrix for a terminal or a log, in lines that are not longer than `width`,
 * unless a `table` is asked for that does not fit. Without a `width`, table and
 * summary have one line for each checkpoint. When checkpoints were not all read
 * within a minute, each has the time of its reading, in UTC. No id is cut, and
 * nothing in it acts on a terminal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * assert.match(AccessMatrix.toTable(matrix, { width: 100 }), /proj_search/)
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const toTable = (matrix: AccessMatrix, options: TableOptions = {}): string =>
  renderTable.render(matrix, {
    width: Math.max(24, Math.floor(options.width ?? Number.POSITIVE_INFINITY)),
    color: options.color ?? false,
    form: options.form
  })

/**
 * @category rendering
 * @since 0.1.0
 * @see {@link toCsv}
 */
export interface CsvOptions {
  /**
   * `table`, the default: a line for each checkpoint, a column for each project.
   * `list`: a line for each project of each checkpoint, for databases.
   */
  readonly form?: "table" | "list" | undefined
}

/**
 * The matrix as CSV (RFC 4180). No cell is a formula: what begins like one has
 * an apostrophe before it, and so has what begins with an apostrophe, so that
 * whoever imports it can take one off. What cannot be seen is spelt out
 * (`\u001b`); {@link toJson} is the form that loses nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * assert.match(AccessMatrix.toCsv(matrix, { form: "list" }), /proj_search/)
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const toCsv = (matrix: AccessMatrix, options: CsvOptions = {}): string =>
  renderCsv.render(matrix, options.form ?? "table")

/**
 * @category rendering
 * @since 0.1.0
 * @see {@link toHtml}
 */
export interface HtmlOptions {
  /** Default: `Who can use what`. */
  readonly title?: string | undefined
}

/**
 * The matrix as one page that works from disk: a matrix, a list and single
 * grants, which can be filtered, sorted, linked to and printed. Its content
 * security policy lets the browser run the page's own script and style and
 * nothing else: it loads nothing and sends nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * const page = await Effect.runPromise(AccessMatrix.toHtml(matrix, { title: "Who can use what" }))
 * assert.match(page, /^<!doctype html>/i)
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const toHtml = (matrix: AccessMatrix, options: HtmlOptions = {}): Effect.Effect<string> =>
  Effect.sync(() => page.render(matrix, options.title ?? "Who can use what"))
