/**
 * Who may use which checkpoint, as a file under review: read from YAML or JSON
 * with every mistake at its place, merged from several files, written again.
 *
 * @since 0.1.0
 */
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PlatformError } from "@effect/platform/Error"
import { FileSystem } from "@effect/platform/FileSystem"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as internalFormat from "./internal/policyFormat.ts"
import * as internalMerge from "./internal/policyMerge.ts"
import * as internalResolve from "./internal/policyResolve.ts"
import { Shape } from "./internal/policySchema.ts"
import { sha256 } from "./internal/sha256.ts"
import { oneLine } from "./internal/text.ts"

/**
 * Who may use one checkpoint.
 *
 * @category models
 * @since 0.1.0
 */
export interface CheckpointPolicy {
  /** The project that owns the model: always has access, is never granted or revoked. */
  readonly owner?: ProjectId
  /** `exact`, the default, revokes others; `at-least` revokes nothing. */
  readonly mode?: "exact" | "at-least"
  /** Project ids, and groups as `@name`. */
  readonly projects: ReadonlyArray<string>
}

/**
 * What is in a policy file.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccessPolicy {
  readonly version: 1
  /** Names of projects, for people. */
  readonly names?: { readonly [project: string]: string }
  /** Projects under a name, used as `@name`. */
  readonly groups?: { readonly [group: string]: ReadonlyArray<ProjectId> }
  /** By checkpoint id. */
  readonly checkpoints: { readonly [checkpoint: string]: CheckpointPolicy }
}

/**
 * A policy as plain data, before its ids are checked.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccessPolicyEncoded {
  readonly version: 1
  readonly names?: { readonly [project: string]: string }
  readonly groups?: { readonly [group: string]: ReadonlyArray<string> }
  readonly checkpoints: {
    readonly [checkpoint: string]: {
      readonly owner?: string
      readonly mode?: "exact" | "at-least"
      readonly projects: ReadonlyArray<string>
    }
  }
}

/**
 * The format as a schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AccessPolicy: Schema.Schema<AccessPolicy, AccessPolicyEncoded> = Shape

/**
 * One thing to correct in a policy.
 *
 * @category errors
 * @since 0.1.0
 */
export const Mistake = Schema.Struct({
  file: Schema.UndefinedOr(Schema.String),
  line: Schema.Int,
  column: Schema.Int,
  path: Schema.String,
  message: Schema.String
})

/**
 * @category errors
 * @since 0.1.0
 */
export interface Mistake extends Schema.Schema.Type<typeof Mistake> {}

const told = ({ file, line, column, path, message }: Mistake): string => {
  const place = [file === undefined ? undefined : oneLine(file, 400), line, column].filter((part) => part !== undefined)
  return `${place.join(":")}: ${path === "" ? "" : `${path}: `}${message}`
}

/**
 * A policy cannot be used as it is: all that is wrong with it, in the order of
 * the files.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPolicy extends Schema.TaggedError<InvalidPolicy>()("InvalidPolicy", {
  mistakes: Schema.NonEmptyArray(Mistake)
}) {
  /** One line for people: the first mistake, and how many more there are. */
  override get message(): string {
    const [first, ...others] = this.mistakes
    return `${told(first)}${others.length === 0 ? "" : ` (and ${others.length} more)`}`
  }
  /** A line for each mistake: `file:line:column: path: message`. */
  get report(): string {
    return this.mistakes.map(told).join("\n")
  }
}

/**
 * A text of a policy, and the file it is from.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  readonly text: string
  readonly file?: string | undefined
}

/**
 * Several texts as one policy.
 *
 * @category reading
 * @since 0.1.0
 */
export const merge = (sources: NonEmptyReadonlyArray<Source>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() =>
    Either.mapLeft(
      internalMerge.merge(sources),
      ([first, ...others]) => new InvalidPolicy({ mistakes: [first, ...others] })
    )
  )

/**
 * Reads a policy in YAML or JSON.
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (
  text: string,
  options?: { readonly file?: string | undefined }
): Effect.Effect<AccessPolicy, InvalidPolicy> => merge([{ text, file: options?.file }])

/**
 * Reads files as one policy.
 *
 * @category reading
 * @since 0.1.0
 */
export const load = (
  files: NonEmptyReadonlyArray<string>
): Effect.Effect<AccessPolicy, InvalidPolicy | PlatformError, FileSystem> =>
  Effect.gen(function* () {
    const system = yield* FileSystem
    const [first, ...others] = files
    const read = (file: string) => Effect.map(system.readFileString(file), (text) => ({ file, text }))
    return yield* merge([yield* read(first), ...(yield* Effect.forEach(others, read))])
  })

/**
 * What a policy says about a checkpoint, groups replaced by their projects.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolved {
  readonly checkpoint: CheckpointId
  readonly owner: ProjectId | undefined
  readonly mode: "exact" | "at-least"
  /** Each once, in the order of the file; the owner too, if it is listed. */
  readonly projects: ReadonlyArray<ProjectId>
}

/**
 * What a policy says about each checkpoint, in the order of the file.
 *
 * @category meaning
 * @since 0.1.0
 */
export const resolve: (policy: AccessPolicy) => ReadonlyArray<Resolved> = internalResolve.resolve

/**
 * `sha256:<hex>` of what a policy means.
 *
 * @category meaning
 * @since 0.1.0
 */
export const digest = (policy: AccessPolicy): Effect.Effect<string> =>
  Effect.suspend(() => sha256(internalResolve.canonical(policy)))

/**
 * The text of a policy, which reads back as the same policy.
 *
 * @category writing
 * @since 0.1.0
 */
export const format = (
  policy: AccessPolicy,
  options?: { readonly format?: "yaml" | "json" | undefined; readonly header?: ReadonlyArray<string> | undefined }
): string => internalFormat.format(policy, options?.format ?? "yaml", options?.header ?? [])
