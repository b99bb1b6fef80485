/**
 * Access to checkpoints as a reviewed file. A policy is read from YAML or JSON, with every mistake reported at its line
 * and column. Several files can be merged, and a formatted policy reads back as the same policy.
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
 */

import "./internal/installEffect3.ts"
import type { PlatformError } from "@effect/platform/Error"
import { FileSystem } from "@effect/platform/FileSystem"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import { merge } from "./internal/policy/check.ts"
import type { InvalidPolicy } from "./internal/policy/entry.ts"
import type { AccessPolicy } from "./internal/policy/schema.ts"

export { fromState, make, merge } from "./internal/policy/check.ts"
export { Diagnostic, describe, InvalidPolicy, type Source } from "./internal/policy/entry.ts"
export { format } from "./internal/policy/format.ts"
export {
  diagnosticsOf,
  sourceLocations,
  statedOwners
} from "./internal/policy/locations.ts"
export { digest, resolve } from "./internal/policy/resolve.ts"
export { AccessPolicy } from "./internal/policy/schema.ts"

/**
 * Reads a policy in YAML or JSON. `file` names the source of the text in messages. Fails with all mistakes in the text.
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
 */
export const parse = (
  text: string,
  options?: { readonly file?: string | undefined }
): Effect.Effect<AccessPolicy, InvalidPolicy> => merge([{ text, file: options?.file }])

/**
 * Reads several files, each in YAML or JSON, as one policy, as {@link merge} does.
 *
 * @category reading
 */
export const load = (
  files: NonEmptyReadonlyArray<string>
): Effect.Effect<AccessPolicy, InvalidPolicy | PlatformError, FileSystem> =>
  Effect.gen(function* () {
    const system = yield* FileSystem
    return yield* merge(
      yield* Effect.forEach(files, (file) => Effect.map(system.readFileString(file), (text) => ({ file, text })))
    )
  })
