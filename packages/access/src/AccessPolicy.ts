/**
 * Who may use which checkpoint, as a file under review: read from YAML or JSON
 * with every mistake told at its place, merged from several files, and written
 * again so that it reads back as itself.
 *
 * ```yaml
 * version: 1
 * groups:
 *   research: [proj_a, proj_b]
 * checkpoints:
 *   "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd":
 *     owner: proj_own
 *     projects: ["@research", proj_c]
 * ```
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import { FileSystem } from "@effect/platform/FileSystem"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"
import * as internalDigest from "./internal/policy/digest.ts"
import * as internalFormat from "./internal/policy/format.ts"
import * as internalMake from "./internal/policy/make.ts"
import * as internalMerge from "./internal/policy/merge.ts"
import { type InvalidPolicy, orInvalid } from "./internal/policy/mistake.ts"
import type * as model from "./internal/policy/model.ts"
import type { AccessPolicyEncoded, Resolved, Source, State } from "./internal/policy/model.ts"
import * as internalResolve from "./internal/policy/resolve.ts"
import { Shape } from "./internal/policy/schema.ts"

export { InvalidPolicy, Mistake } from "./internal/policy/mistake.ts"
export type { AccessPolicyEncoded, CheckpointPolicy, Resolved, Source, State } from "./internal/policy/model.ts"

/**
 * What is in a policy file.
 *
 * @category models
 * @since 0.1.0
 */
export type AccessPolicy = model.AccessPolicy

/**
 * The format as a schema: what one part says alone. That groups exist and that
 * nothing is listed twice is checked by {@link parse}, {@link load} and
 * {@link make}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 * import { Schema } from "effect"
 *
 * const isPolicy = Schema.is(AccessPolicy.AccessPolicy)
 * assert.equal(isPolicy({ version: 1, checkpoints: { "ft:a": { projects: ["proj_search"] } } }), true)
 * assert.equal(isPolicy({ version: 1, checkpoints: { "ft:a": { projects: ["sk-1"] } } }), false)
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const AccessPolicy: Schema.Schema<AccessPolicy, AccessPolicyEncoded> = Shape

/**
 * The format as a JSON Schema, for editors. The package holds it as
 * `policy.schema.json` too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 *
 * const text = JSON.stringify(AccessPolicy.jsonSchema, undefined, 2)
 * assert.match(text, /"checkpoints"/)
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const jsonSchema: JSONSchema.JsonSchema7Root = JSONSchema.make(Shape)

/**
 * Reads several texts as one policy. Groups and names hold for all of them.
 * Refused: a checkpoint in two of them, and a group or a name that two of them
 * define differently.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 * import { Effect, Either } from "effect"
 *
 * const policy = await Effect.runPromise(
 *   AccessPolicy.merge([
 *     { file: "groups.yaml", text: "version: 1\ngroups: { research: [proj_a] }\ncheckpoints: {}\n" },
 *     { file: "weather.yaml", text: 'version: 1\ncheckpoints: { "ft:a": { projects: ["@research"] } }\n' }
 *   ])
 * )
 * const [resolved] = Either.getOrThrow(AccessPolicy.resolve(policy))
 * assert.deepEqual(resolved?.projects, ["proj_a"])
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const merge = (sources: NonEmptyReadonlyArray<Source>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  orInvalid(() => internalMerge.merge(sources))

/**
 * Reads a policy in YAML or JSON. Fails with every mistake in it; `file` is
 * where the text is from.
 *
 * @example
 * ```ts
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 *
 * const policy = AccessPolicy.parse(`
 * version: 1
 * checkpoints:
 *   "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd":
 *     projects: [proj_a]
 * `)
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (
  text: string,
  options?: { readonly file?: string | undefined }
): Effect.Effect<AccessPolicy, InvalidPolicy> => merge([{ text, file: options?.file }])

/**
 * Reads files, each in YAML or JSON, as one policy: {@link merge}.
 *
 * @example
 * ```ts
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 *
 * const policy = AccessPolicy.load(["groups.yaml", "weather.yaml", "legal.yaml"])
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const load = (
  files: NonEmptyReadonlyArray<string>
): Effect.Effect<AccessPolicy, InvalidPolicy | PlatformError, FileSystem> =>
  Effect.gen(function* () {
    const system = yield* FileSystem
    const read = (file: string) => Effect.map(system.readFileString(file), (text) => ({ file, text }))
    const [first, ...others] = files
    return yield* merge([yield* read(first), ...(yield* Effect.forEach(others, read))])
  })

/**
 * Checks a policy that was made in code as a file is checked.
 *
 * @example
 * ```ts
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 *
 * const policy = AccessPolicy.make({
 *   version: 1,
 *   groups: { research: ["proj_a", "proj_b"] },
 *   checkpoints: { "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": { projects: ["@research"] } }
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (policy: AccessPolicyEncoded): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  orInvalid(() => internalMake.make(policy))

/**
 * A policy that asks for just what is there. Fails for a project whose id
 * begins with `@`, which a policy would take for a group.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const state = { checkpoint, projects: [Identifiers.ProjectId.make("proj_search")] }
 * const policy = await Effect.runPromise(AccessPolicy.fromState([state]))
 * assert.deepEqual(policy.checkpoints[checkpoint]?.projects, ["proj_search"])
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromState = (states: Iterable<State>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  orInvalid(() => internalMake.fromState(states))

/**
 * What a policy says about each checkpoint, in the order of the file.
 *
 * Left for a policy that was made in code and holds an invalid id or a group
 * that does not exist. For such a policy `digest`, `Access.plan` and
 * `AccessPlan.fromMatrix` die: check it with {@link make}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 * import { Effect, Either } from "effect"
 *
 * const policy = await Effect.runPromise(
 *   AccessPolicy.make({
 *     version: 1,
 *     groups: { research: ["proj_a", "proj_b"] },
 *     checkpoints: { "ft:a": { projects: ["@research", "proj_c"] } }
 *   })
 * )
 * const [resolved] = Either.getOrThrow(AccessPolicy.resolve(policy))
 * assert.deepEqual(resolved?.projects, ["proj_a", "proj_b", "proj_c"])
 * ```
 *
 * @category meaning
 * @since 0.1.0
 */
export const resolve: (policy: AccessPolicy) => Either.Either<ReadonlyArray<Resolved>, InvalidPolicy> =
  internalResolve.resolve

/**
 * `sha256:<hex>` of what a policy means: for each checkpoint its owner, mode and
 * projects. Order, comments, YAML or JSON, names, and whether a project is
 * listed or in a group make no difference.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const digestOf = (text: string) => Effect.runPromise(Effect.flatMap(AccessPolicy.parse(text), AccessPolicy.digest))
 * const yaml = await digestOf('version: 1\ncheckpoints: { "ft:a": { projects: [proj_a, proj_b] } }\n')
 * const json = await digestOf('{"version":1,"checkpoints":{"ft:a":{"projects":["proj_b","proj_a"]}}}')
 * assert.equal(yaml, json)
 * ```
 *
 * @category meaning
 * @since 0.1.0
 */
export const digest: (policy: AccessPolicy) => Effect.Effect<string> = internalDigest.digest

/**
 * The name that a policy gives a project, whatever the id is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 *
 * assert.equal(AccessPolicy.nameOf({ names: { proj_a: "Search" } }, "proj_a"), "Search")
 * ```
 *
 * @category meaning
 * @since 0.1.0
 */
export const nameOf = (policy: Pick<AccessPolicy, "names">, project: string): string | undefined =>
  policy.names !== undefined && Object.hasOwn(policy.names, project) ? policy.names[project] : undefined

/**
 * The text of a policy, which reads back as the same policy. No character in it
 * acts on a terminal. `header` is lines of comment, which JSON has not.
 *
 * @example
 * ```ts
 * import { AccessPolicy } from "@checkpoint-permissions/access"
 *
 * const text = AccessPolicy.format(
 *   { version: 1, checkpoints: { "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": { projects: ["proj_a"] } } },
 *   { header: ["yaml-language-server: $schema=./policy.schema.json"] }
 * )
 * ```
 *
 * @category writing
 * @since 0.1.0
 */
export const format = (
  policy: AccessPolicy,
  options?: {
    /** `yaml` by default. */
    readonly format?: "yaml" | "json" | undefined
    /** Lines of comment at the top of YAML; none by default. */
    readonly header?: ReadonlyArray<string> | undefined
  }
): string => internalFormat.format(policy, options?.format ?? "yaml", options?.header ?? [])
