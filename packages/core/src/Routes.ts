/**
 * The paths of the three calls, built with every identifier checked and
 * encoded, and taken apart again on the server's side.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { CheckpointId, PermissionId } from "./Identifiers.ts"
import { InvalidInput, type Operation } from "./PermissionsError.ts"

const parent = "/fine_tuning/checkpoints"

/** A brand is only a promise of the compiler: the id is checked again where it becomes a path. */
const segment =
  <A, I>(schema: Schema.Schema<A, I>, field: string) =>
  (operation: Operation, id: A): Either.Either<string, InvalidInput> =>
    Schema.validateEither(schema)(id).pipe(
      Either.mapBoth({
        onLeft: (error) =>
          new InvalidInput({
            operation,
            field,
            reason: ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "not an id"
          }),
        onRight: (valid) => encodeURIComponent(String(valid))
      })
    )

const checkpointSegment = segment(CheckpointId, "checkpoint")
const permissionSegment = segment(PermissionId, "permissionId")

/**
 * The path of a list (`GET`) and of a create (`POST`), relative to the base
 * URL: `/fine_tuning/checkpoints/{checkpoint}/permissions`.
 *
 * @example
 * ```ts
 * import { Identifiers, Routes } from "@checkpoint-permissions/core"
 *
 * const path = Routes.permissions("list", Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"))
 * ```
 *
 * @category paths
 * @since 0.1.0
 */
export const permissions = (operation: Operation, checkpoint: CheckpointId): Either.Either<string, InvalidInput> =>
  Either.map(checkpointSegment(operation, checkpoint), (id) => `${parent}/${id}/permissions`)

/**
 * The path of a delete (`DELETE`), relative to the base URL:
 * `/fine_tuning/checkpoints/{checkpoint}/permissions/{permission}`.
 *
 * @category paths
 * @since 0.1.0
 */
export const permission = (
  operation: Operation,
  checkpoint: CheckpointId,
  permissionId: PermissionId
): Either.Either<string, InvalidInput> =>
  Either.flatMap(permissions(operation, checkpoint), (path) =>
    Either.map(permissionSegment(operation, permissionId), (id) => `${path}/${id}`)
  )

/**
 * What a path addresses: the permissions of a checkpoint, or one of them.
 *
 * @category matching
 * @since 0.1.0
 */
export type Match =
  | { readonly _tag: "Permissions"; readonly checkpoint: string }
  | { readonly _tag: "Permission"; readonly checkpoint: string; readonly permissionId: string }

const decoded = Option.liftThrowable(decodeURIComponent)

/**
 * Takes the path of a request apart, as a server does. `base` is the path of
 * the base URL, such as `/v1`. `None` for any other path and for one that is
 * not percent-encoded UTF-8.
 *
 * @example
 * ```ts
 * import { Routes } from "@checkpoint-permissions/core"
 *
 * const match = Routes.match("/v1", "/v1/fine_tuning/checkpoints/ft%3Aa/permissions")
 * ```
 *
 * @category matching
 * @since 0.1.0
 */
export const match = (base: string, path: string): Option.Option<Match> => {
  const prefix = `${base}${parent}/`
  if (!path.startsWith(prefix)) return Option.none()
  const [checkpoint, collection, permissionId, ...rest] = path.slice(prefix.length).split("/")
  if (!checkpoint || collection !== "permissions" || rest.length > 0) return Option.none()
  if (permissionId === undefined) {
    return Option.map(decoded(checkpoint), (checkpoint) => ({ _tag: "Permissions", checkpoint }))
  }
  if (permissionId === "") return Option.none()
  return Option.zipWith(decoded(checkpoint), decoded(permissionId), (checkpoint, permissionId) => ({
    _tag: "Permission",
    checkpoint,
    permissionId
  }))
}
