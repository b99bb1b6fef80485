/** An inventory as a file, and a file as an inventory. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decoded, lined, sha256 } from "../json.ts"
import { Inventory } from "./model.ts"

const encode = lined(Inventory.omit("digest"), "checkpoints")
const decode = decoded(Inventory)

/**
 * A text that is no inventory, or one that was edited.
 *
 * @category errors
 */
export class InvalidInventory extends Schema.TaggedError<InvalidInventory>()("InvalidInventory", {
  detail: Schema.String
}) {
  override get message(): string {
    return `the inventory cannot be used (${this.detail}): make it anew with discover`
  }
}

/** The same with its digest. */
export const withDigest = (inventory: Omit<Inventory, "digest">): Effect.Effect<Inventory> =>
  Effect.map(sha256(encode(inventory)), (digest) => ({ ...inventory, digest }))

/**
 * The inventory as a file, with a line for each checkpoint.
 *
 * @category files
 */
export const toJson = (inventory: Inventory): string => encode(inventory, { digest: inventory.digest })

/**
 * Reads what `toJson` wrote. Fails with `InvalidInventory` if it is none, if its digest is not that of what it
 * holds, or if `sha256` is not the SHA-256 of the text.
 *
 * @category files
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<Inventory, InvalidInventory> =>
  Effect.gen(function* () {
    const inventory = yield* Effect.mapError(
      decode(text, options?.sha256),
      (detail) => new InvalidInventory({ detail })
    )
    const { digest } = yield* withDigest(inventory)
    return digest === inventory.digest
      ? inventory
      : yield* new InvalidInventory({ detail: "it was edited: its digest is not that of what it holds" })
  })
