/**
 * The three identifiers of the API as branded strings: a fine-tuned model
 * checkpoint, one permission on it, and the project the permission is for.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { isPlainId, maxLength } from "./internal/plainId.ts"
import { shown } from "./internal/text.ts"

/** Why a string cannot be an identifier, and what to do; `undefined` when it can. */
const refusal =
  (noun: string, example: string) =>
  (id: string): string | undefined => {
    if (isPlainId(id)) return undefined
    if (id.length === 0) return `${noun} is empty: pass an id such as ${example}`
    if (id.length > maxLength) {
      return `${noun} has ${id.length} characters, more than ${maxLength}: pass the id alone, such as ${example}`
    }
    if (id === "." || id === "..") {
      return `${noun} ${JSON.stringify(id)} would address another path: pass an id such as ${example}`
    }
    if (/\p{Cc}/u.test(id)) return `${noun} holds a control character: remove line breaks, tabs and escape sequences`
    if (/\p{Cs}/u.test(id)) return `${noun} holds half of a surrogate pair: pass the id as well-formed Unicode`
    if (id.trim() !== id) return `${noun} begins or ends with white space: trim it`
    return undefined
  }

const refuseCheckpoint = (id: string): string | undefined =>
  refusal("the checkpoint id", "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")(id) ??
  (id.startsWith("ftckpt_")
    ? "a job checkpoint's own id (ftckpt_…) has no permissions: pass the model name ft:… (fine_tuned_model_checkpoint)"
    : undefined)

const identifier = (refuse: (id: string) => string | undefined) =>
  Schema.String.pipe(
    Schema.filter((id) => refuse(id), {
      jsonSchema: { minLength: 1, maxLength },
      // Without it a refusal is told as a tree of three lines.
      message: ({ actual }) => ({
        message:
          (typeof actual === "string" ? refuse(actual) : undefined) ??
          `Expected string, actual ${shown(actual)}: pass an id`,
        override: true
      }),
      arbitrary: () => (fc) =>
        fc
          .oneof(
            fc.stringMatching(/^[a-z]{2,5}[_:-][A-Za-z0-9:_-]{1,40}$/),
            fc.string({ minLength: 1, maxLength: 64, unit: "binary" })
          )
          .filter((id) => refuse(id) === undefined)
    })
  )

/**
 * The name of a fine-tuned model checkpoint, as `GET /models` lists it:
 * `ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd`.
 *
 * Refused, with a message that says what to do: an empty id, more than 512
 * characters, `.` and `..`, control characters, unpaired surrogates, leading or
 * trailing white space, and a job checkpoint's own id (`ftckpt_…`), which the
 * server answers with status 500. Anything else that a server could have issued
 * is accepted.
 *
 * @example
 * ```ts
 * import { Identifiers } from "@checkpoint-permissions/core"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * ```
 *
 * @category identifiers
 * @since 0.1.0
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const CheckpointId = identifier(refuseCheckpoint).pipe(
  Schema.brand("CheckpointId"),
  Schema.annotations({ identifier: "CheckpointId", title: "CheckpointId" })
)

/**
 * @category identifiers
 * @since 0.1.0
 */
export type CheckpointId = typeof CheckpointId.Type

/**
 * The id of one permission, as a listing or a create returns it: `cp_…`.
 *
 * It is also the cursor (`after`) of a listing. Refused like {@link CheckpointId},
 * save for `ftckpt_…`.
 *
 * @example
 * ```ts
 * import { Identifiers } from "@checkpoint-permissions/core"
 *
 * const permission = Identifiers.PermissionId.make("cp_zc4Q7MP6XxulcVzj4MZdwsAB")
 * ```
 *
 * @category identifiers
 * @since 0.1.0
 */
export const PermissionId = identifier(refusal("the permission id", "cp_zc4Q7MP6XxulcVzj4MZdwsAB")).pipe(
  Schema.brand("PermissionId"),
  Schema.annotations({ identifier: "PermissionId", title: "PermissionId" })
)

/**
 * @category identifiers
 * @since 0.1.0
 */
export type PermissionId = typeof PermissionId.Type

/**
 * The id of a project of the organization: `proj_…`.
 *
 * Refused like {@link CheckpointId}, save for `ftckpt_…`.
 *
 * @example
 * ```ts
 * import { Identifiers } from "@checkpoint-permissions/core"
 *
 * const project = Identifiers.ProjectId.make("proj_iqGMw1llN8IrBb6SvvY5A1oF")
 * ```
 *
 * @category identifiers
 * @since 0.1.0
 */
export const ProjectId = identifier(refusal("the project id", "proj_iqGMw1llN8IrBb6SvvY5A1oF")).pipe(
  Schema.brand("ProjectId"),
  Schema.annotations({ identifier: "ProjectId", title: "ProjectId" })
)

/**
 * @category identifiers
 * @since 0.1.0
 */
export type ProjectId = typeof ProjectId.Type
